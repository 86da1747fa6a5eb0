//! An RDAP answer read: what is missing or odd in it is passed over, what is no domain object at all is a failure.

use serde_json::Value;

use crate::facts::attempt::Failure;
use crate::facts::name::DnsName;
use crate::facts::registration::Registration;

/// Entries of a list that are read; registries send a dozen at most.
const ENTRIES: usize = 64;

/// Fills in what the answer says.
pub(super) fn read(body: &[u8], registration: &mut Registration) -> Result<(), Failure> {
    let object: Value =
        serde_json::from_slice(body).map_err(|_| Failure::Malformed { at: None })?;
    if !is_about(&object, &registration.domain) {
        return Err(Failure::OtherObject);
    }
    registration.registrar = list(&object, "entities").find_map(registrar);
    registration.created = event(&object, "registration");
    registration.expires = event(&object, "expiration");
    let status = list(&object, "status").filter_map(Value::as_str);
    registration.status = status.map(normal).collect();
    let servers = list(&object, "nameservers").filter_map(|server| text(server, "ldhName"));
    registration.nameservers = servers.filter_map(|name| name.parse().ok()).collect();
    registration.nameservers.sort();
    let secure = object.get("secureDNS");
    registration.delegation_signed =
        secure.and_then(|secure| secure.get("delegationSigned")?.as_bool());
    Ok(())
}

fn is_about(object: &Value, domain: &DnsName) -> bool {
    let name = text(object, "ldhName").and_then(|name| name.parse::<DnsName>().ok());
    text(object, "objectClassName") == Some("domain") && name.as_ref() == Some(domain)
}

fn text<'a>(object: &'a Value, field: &str) -> Option<&'a str> {
    object.get(field)?.as_str()
}

fn list<'a>(object: &'a Value, field: &str) -> impl Iterator<Item = &'a Value> {
    let entries = object.get(field).and_then(Value::as_array);
    entries.into_iter().flatten().take(ENTRIES)
}

/// The name of an entity that is the registrar: `fn` of its jCard (RFC 7095).
fn registrar(entity: &Value) -> Option<String> {
    let is_registrar = |role: &Value| role.as_str() == Some("registrar");
    if !list(entity, "roles").any(is_registrar) {
        return None;
    }
    let card = entity.get("vcardArray")?.get(1)?.as_array()?;
    let full = card
        .iter()
        .find(|property| property.get(0).and_then(Value::as_str) == Some("fn"))?;
    full.get(3)?.as_str().map(str::to_owned)
}

fn event(object: &Value, action: &str) -> Option<jiff::Timestamp> {
    let own = |event: &&Value| text(event, "eventAction") == Some(action);
    list(object, "events")
        .filter(own)
        .find_map(|event| text(event, "eventDate")?.parse().ok())
}

/// In the words of RFC 8056, for registries that write those of EPP: `clientHold` is `client hold`.
fn normal(status: &str) -> String {
    let mut words = String::new();
    for letter in status.chars() {
        if letter.is_ascii_uppercase() && !words.is_empty() && !words.ends_with(' ') {
            words.push(' ');
        }
        words.push(letter.to_ascii_lowercase());
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn about(domain: &str, body: &str) -> Result<Registration, Failure> {
        let mut registration = Registration::unknown(domain.parse().unwrap());
        read(body.as_bytes(), &mut registration).map(|()| registration)
    }

    const ANSWER: &str = r#"{
        "objectClassName": "domain", "ldhName": "SHOP.EXAMPLE", "status": ["clientHold", "active"],
        "entities": [
            { "roles": ["abuse"], "vcardArray": ["vcard", [["fn", {}, "text", "Abuse"]]] },
            { "roles": ["registrar"], "vcardArray": ["vcard", [["version", {}, "text", "4.0"], ["fn", {}, "text", "Names Ltd"]]] }
        ],
        "events": [
            { "eventAction": "registration", "eventDate": "2020-03-01T00:00:00Z" },
            { "eventAction": "expiration", "eventDate": "2027-03-01T00:00:00+00:00" },
            { "eventAction": "expiration" }, 7
        ],
        "nameservers": [ { "ldhName": "ns2.shop.example" }, { "ldhName": "NS1.shop.example" }, {} ],
        "secureDNS": { "delegationSigned": true }
    }"#;

    #[test]
    fn an_answer_in_the_shape_of_rfc_9083_is_read() {
        let read = about("shop.example.", ANSWER).unwrap();
        assert_eq!(read.registrar.as_deref(), Some("Names Ltd"));
        assert_eq!(read.expires.unwrap().to_string(), "2027-03-01T00:00:00Z");
        assert_eq!(read.status, ["client hold", "active"]);
        assert_eq!(read.nameservers.len(), 2);
        assert_eq!(read.delegation_signed, Some(true));
    }

    #[test]
    fn another_object_and_what_is_no_json_are_failures_and_gaps_are_none() {
        assert_eq!(about("other.example.", ANSWER), Err(Failure::OtherObject));
        assert_eq!(about("shop.example.", "[]"), Err(Failure::OtherObject));
        assert_eq!(
            about("shop.example.", "<html>"),
            Err(Failure::Malformed { at: None })
        );
        let bare = r#"{"objectClassName":"domain","ldhName":"shop.example","status":7,"entities":{},"events":null}"#;
        let bare = about("shop.example.", bare).unwrap();
        assert_eq!(
            bare,
            Registration::unknown("shop.example.".parse().unwrap())
        );
    }
}
