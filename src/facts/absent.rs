//! Values that stand for "there is none" in the code, and are `null` in the report.

/// An address: the unspecified one is none.
pub(super) mod address {
    use std::net::{IpAddr, Ipv4Addr};

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(in crate::facts) fn serialize<S: Serializer>(
        at: &IpAddr,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        (!at.is_unspecified()).then_some(at).serialize(to)
    }

    pub(in crate::facts) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<IpAddr, D::Error> {
        let read = Option::deserialize(from)?;
        Ok(read.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED)))
    }
}

/// A port: 0 is none.
pub(super) mod port {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[expect(
        clippy::trivially_copy_pass_by_ref,
        reason = "serde hands over references"
    )]
    pub(in crate::facts) fn serialize<S: Serializer>(port: &u16, to: S) -> Result<S::Ok, S::Error> {
        (*port > 0).then_some(port).serialize(to)
    }

    pub(in crate::facts) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<u16, D::Error> {
        Ok(Option::deserialize(from)?.unwrap_or_default())
    }
}

/// A text: the empty one is none.
pub(super) mod text {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(in crate::facts) fn serialize<S: Serializer>(text: &str, to: S) -> Result<S::Ok, S::Error> {
        (!text.is_empty()).then_some(text).serialize(to)
    }

    pub(in crate::facts) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<String, D::Error> {
        Ok(Option::deserialize(from)?.unwrap_or_default())
    }
}
