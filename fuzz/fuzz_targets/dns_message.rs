//! One DNS message as it came: read leniently, every record in presentation format.

#![no_main]

use doorstep::facts::dns::Record;
use doorstep::facts::wire::WireMessage;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Some(reading) = WireMessage::new(bytes.to_vec()).read() else {
        return;
    };
    let message = &reading.message;
    for record in message
        .answers
        .iter()
        .chain(&message.authorities)
        .chain(&message.additionals)
    {
        let shown = Record::from(record);
        assert!(
            shown.data.is_ascii() && !shown.data.contains(|c: char| c.is_control()),
            "{shown:?}"
        );
    }
});
