//! Named groups and signature schemes: the registered numbers and their names.

/// A group of the key agreement, known or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NamedGroup(pub u16);

/// Number and name, the hybrid ones first and then the commoner before the rarer, as a client would prefer them.
const GROUPS: [(u16, &str); 24] = [
    (0x11ec, "X25519MLKEM768"),
    (0x11eb, "SecP256r1MLKEM768"),
    (0x11ed, "SecP384r1MLKEM1024"),
    (0x001d, "X25519"),
    (0x0017, "secp256r1"),
    (0x0018, "secp384r1"),
    (0x0019, "secp521r1"),
    (0x001e, "X448"),
    (0x0100, "ffdhe2048"),
    (0x0101, "ffdhe3072"),
    (0x0102, "ffdhe4096"),
    (0x0103, "ffdhe6144"),
    (0x0104, "ffdhe8192"),
    (0x001f, "brainpoolP256r1tls13"),
    (0x0020, "brainpoolP384r1tls13"),
    (0x0021, "brainpoolP512r1tls13"),
    (0x001a, "brainpoolP256r1"),
    (0x001b, "brainpoolP384r1"),
    (0x001c, "brainpoolP512r1"),
    (0x0016, "secp256k1"),
    (0x0015, "secp224r1"),
    (0x0013, "secp192r1"),
    (0x0200, "MLKEM512"),
    (0x0201, "MLKEM768"),
];

impl NamedGroup {
    /// The hybrid group that browsers prefer.
    pub const X25519MLKEM768: Self = Self(0x11ec);
    /// Curve25519.
    pub const X25519: Self = Self(0x001d);

    /// Every group that has a name here.
    pub fn all() -> impl Iterator<Item = Self> {
        GROUPS.iter().map(|(number, _)| Self(*number))
    }

    /// The group of this curve, as certificates name it.
    #[must_use]
    pub fn of_curve(name: &str) -> Option<Self> {
        let registered = match name {
            "P-192" => "secp192r1",
            "P-224" => "secp224r1",
            "P-256" => "secp256r1",
            "P-384" => "secp384r1",
            "P-521" => "secp521r1",
            other => other,
        };
        let known = GROUPS.iter().find(|(_, own)| *own == registered);
        known.map(|(number, _)| Self(*number))
    }

    /// The registered name, or the number of what has none.
    #[must_use]
    pub fn name(self) -> String {
        let known = GROUPS.iter().find(|(number, _)| *number == self.0);
        known.map_or_else(
            || format!("0x{:04X}", self.0),
            |(_, name)| (*name).to_owned(),
        )
    }

    /// Whether it withstands a quantum computer.
    #[must_use]
    pub fn is_post_quantum(self) -> bool {
        matches!(self.0, 0x11eb..=0x11ed | 0x0200..=0x0202)
    }
}

/// A signature scheme (RFC 8446 §4.2.3), known or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SignatureScheme(pub u16);

/// Number and name. In TLS 1.2 those of ECDSA stand for the hash with any curve.
const SCHEMES: [(u16, &str); 23] = [
    (0x0403, "ecdsa_secp256r1_sha256"),
    (0x0503, "ecdsa_secp384r1_sha384"),
    (0x0603, "ecdsa_secp521r1_sha512"),
    (0x0807, "ed25519"),
    (0x0808, "ed448"),
    (0x0804, "rsa_pss_rsae_sha256"),
    (0x0805, "rsa_pss_rsae_sha384"),
    (0x0806, "rsa_pss_rsae_sha512"),
    (0x0809, "rsa_pss_pss_sha256"),
    (0x080a, "rsa_pss_pss_sha384"),
    (0x080b, "rsa_pss_pss_sha512"),
    (0x0401, "rsa_pkcs1_sha256"),
    (0x0501, "rsa_pkcs1_sha384"),
    (0x0601, "rsa_pkcs1_sha512"),
    (0x0303, "ecdsa_sha224"),
    (0x0301, "rsa_pkcs1_sha224"),
    (0x0203, "ecdsa_sha1"),
    (0x0201, "rsa_pkcs1_sha1"),
    (0x0302, "dsa_sha224"),
    (0x0402, "dsa_sha256"),
    (0x0502, "dsa_sha384"),
    (0x0602, "dsa_sha512"),
    (0x0202, "dsa_sha1"),
];

impl SignatureScheme {
    /// Every scheme that has a name here, the stronger before the weaker.
    pub fn all() -> impl Iterator<Item = Self> {
        SCHEMES.iter().map(|(number, _)| Self(*number))
    }

    /// The registered name, or the number of what has none.
    #[must_use]
    pub fn name(self) -> String {
        let known = SCHEMES.iter().find(|(number, _)| *number == self.0);
        known.map_or_else(
            || format!("0x{:04X}", self.0),
            |(_, name)| (*name).to_owned(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_and_schemes_have_registered_names_and_unknown_ones_their_number() {
        assert_eq!(NamedGroup::X25519MLKEM768.name(), "X25519MLKEM768");
        assert_eq!(NamedGroup(0xfefe).name(), "0xFEFE");
        assert_eq!(NamedGroup::of_curve("P-384"), Some(NamedGroup(0x18)));
        assert_eq!(NamedGroup::of_curve("1.2.3"), None);
        assert!(NamedGroup(0x11eb).is_post_quantum() && !NamedGroup::X25519.is_post_quantum());
        assert_eq!(SignatureScheme(0x0804).name(), "rsa_pss_rsae_sha256");
    }
}
