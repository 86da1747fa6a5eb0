//! A server's first flight: bounded, and the same however the network cuts it into pieces.

#![no_main]

use doorstep::observe::tls::told_in_pieces;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Some((size, flight)) = bytes.split_first() else {
        return;
    };
    let whole = told_in_pieces(flight, flight.len());
    assert_eq!(told_in_pieces(flight, usize::from(*size)), whole);
});
