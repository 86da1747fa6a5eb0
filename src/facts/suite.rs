//! Cipher suites: a number on the wire, a name in the registry, and what the name says of the protection.

mod names;

use names::NAMES;

/// A cipher suite of SSLv3 and TLS, known or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CipherSuite(pub u16);

/// How keys come about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyExchange {
    /// Chosen by the client and encrypted under the server's RSA key: whoever has that key later reads every talk.
    Rsa,
    /// Diffie-Hellman with the fixed key of a certificate.
    Dh,
    /// Diffie-Hellman with fresh keys.
    Dhe,
    /// The same over an elliptic curve, fixed.
    Ecdh,
    /// The same over an elliptic curve, fresh.
    Ecdhe,
    /// TLS 1.3: always fresh, and agreed apart from the suite.
    Tls13,
    /// By a secret that both sides had before, by a password, or by a scheme of one country.
    Other,
}

/// Who proves to be who.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Authentication {
    /// Nobody: anyone can be the server.
    Anonymous,
    /// The server, by an RSA certificate.
    Rsa,
    /// The server, by a DSA certificate.
    Dss,
    /// The server, by an ECDSA or EdDSA certificate.
    Ecdsa,
    /// TLS 1.3: the server, by any certificate.
    Tls13,
    /// Both, by a secret, a password, or a scheme of one country.
    Other,
}

impl CipherSuite {
    /// Every suite that has a name, in the order of the numbers.
    pub fn all() -> impl Iterator<Item = Self> {
        NAMES.iter().map(|(number, _)| Self(*number))
    }

    /// The suite of this name, a number such as `0xCC13` included.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let number = name
            .strip_prefix("0x")
            .and_then(|digits| u16::from_str_radix(digits, 16).ok());
        let known = || {
            let (number, _) = NAMES.iter().find(|(_, own)| *own == name)?;
            Some(*number)
        };
        number.or_else(known).map(Self)
    }

    /// The registered name, or the number of what has none.
    #[must_use]
    pub fn name(self) -> String {
        self.known()
            .map_or_else(|| format!("0x{:04X}", self.0), str::to_owned)
    }

    fn known(self) -> Option<&'static str> {
        let at = NAMES
            .binary_search_by_key(&self.0, |(number, _)| *number)
            .ok()?;
        NAMES.get(at).map(|(_, name)| *name)
    }

    /// The part of the name before `_WITH_`, and the part after it.
    fn parts(self) -> (&'static str, &'static str) {
        let name = self.known().unwrap_or_default();
        let name = name.strip_prefix("TLS_").unwrap_or(name);
        name.split_once("_WITH_").unwrap_or(("", name))
    }

    /// Whether it belongs to TLS 1.3, and to no other version.
    #[must_use]
    pub fn is_tls13(self) -> bool {
        let ours = matches!(self.0, 0x1301..=0x13ff | 0x00c6 | 0x00c7 | 0xc0b4 | 0xc0b5);
        ours || matches!(self.0, 0xc103..=0xc106)
    }

    /// Whether it may be chosen below TLS 1.2, whose suites all end in one of two hashes.
    #[must_use]
    pub fn is_legacy(self) -> bool {
        let (_, cipher) = self.parts();
        !self.is_tls13() && (cipher.ends_with("_SHA") || cipher.ends_with("_MD5"))
    }

    /// How keys come about.
    #[must_use]
    pub fn key_exchange(self) -> KeyExchange {
        let (exchange, _) = self.parts();
        match exchange.split('_').next() {
            _ if self.is_tls13() => KeyExchange::Tls13,
            _ if exchange == "PSK_DHE" => KeyExchange::Dhe,
            Some("RSA") => KeyExchange::Rsa,
            Some("DHE") => KeyExchange::Dhe,
            Some("ECDHE") => KeyExchange::Ecdhe,
            // Anonymous servers have no certificate that could hold a fixed key.
            Some("DH") if exchange.contains("anon") => KeyExchange::Dhe,
            Some("ECDH") if exchange.contains("anon") => KeyExchange::Ecdhe,
            Some("DH") => KeyExchange::Dh,
            Some("ECDH") => KeyExchange::Ecdh,
            _ => KeyExchange::Other,
        }
    }

    /// Who proves to be who.
    #[must_use]
    pub fn authentication(self) -> Authentication {
        let (exchange, _) = self.parts();
        let has = |part: &str| exchange.split('_').any(|own| own == part);
        if self.is_tls13() {
            Authentication::Tls13
        } else if has("anon") || exchange == "NULL" {
            Authentication::Anonymous
        } else if has("PSK") || has("KRB5") || exchange == "SRP_SHA" {
            Authentication::Other
        } else if has("ECDSA") {
            Authentication::Ecdsa
        } else if has("DSS") {
            Authentication::Dss
        } else if has("RSA") {
            Authentication::Rsa
        } else {
            Authentication::Other
        }
    }

    /// The cipher with its mode, such as `AES_128_GCM`.
    #[must_use]
    pub fn cipher(self) -> &'static str {
        let (_, cipher) = self.parts();
        let hash = cipher.rsplit_once('_');
        match hash {
            // Without encryption there is only the hash.
            _ if self.is_null() => "NULL",
            Some((before, "SHA" | "SHA256" | "SHA384" | "SHA512" | "MD5" | "SM3")) => before,
            _ => cipher,
        }
    }

    /// How many bits of key an attacker has to guess; 112 with 3DES, whose three keys can be attacked from both ends.
    #[must_use]
    pub fn bits(self) -> u16 {
        let (cipher, export) = (self.cipher(), self.is_export());
        let has = |part: &str| cipher.contains(part);
        match cipher {
            "NULL" => 0,
            _ if has("40") && export => 40,
            "DES_CBC" | "RC4_56" | "RC2_CBC_56" => 56,
            _ if has("3DES") => 112,
            _ if has("256")
                || has("CHACHA20")
                || has("KUZNYECHIK")
                || has("MAGMA")
                || has("28147") =>
            {
                256
            }
            _ => 128,
        }
    }

    /// Whether encryption and integrity are one act (GCM, CCM, ChaCha20-Poly1305 and the like).
    #[must_use]
    pub fn is_aead(self) -> bool {
        let (_, cipher) = self.parts();
        ["GCM", "CCM", "POLY1305", "AEGIS", "MGM"]
            .iter()
            .any(|mode| cipher.contains(mode))
    }

    /// Whether a recorded talk stays secret when the server's key is stolen later.
    #[must_use]
    pub fn has_forward_secrecy(self) -> bool {
        matches!(
            self.key_exchange(),
            KeyExchange::Dhe | KeyExchange::Ecdhe | KeyExchange::Tls13
        )
    }

    /// Whether nothing is encrypted.
    #[must_use]
    pub fn is_null(self) -> bool {
        let (_, cipher) = self.parts();
        cipher.starts_with("NULL") || matches!(self.0, 0xc0b4 | 0xc0b5)
    }

    /// Whether nobody proves to be who they say.
    #[must_use]
    pub fn is_anonymous(self) -> bool {
        self.authentication() == Authentication::Anonymous
    }

    /// Whether the key was made short on purpose.
    #[must_use]
    pub fn is_export(self) -> bool {
        self.parts().0.contains("EXPORT")
    }

    /// Whether the cipher is RC4.
    #[must_use]
    pub fn is_rc4(self) -> bool {
        self.cipher().starts_with("RC4")
    }

    /// Whether the cipher works on blocks of 64 bits (DES, 3DES, IDEA, RC2, Magma).
    #[must_use]
    pub fn has_small_blocks(self) -> bool {
        ["DES", "3DES", "IDEA", "RC2", "MAGMA", "28147"]
            .iter()
            .any(|cipher| self.cipher().starts_with(cipher))
    }

    /// Whether keys come under the server's RSA key.
    #[must_use]
    pub fn is_static_rsa(self) -> bool {
        self.key_exchange() == KeyExchange::Rsa && self.authentication() == Authentication::Rsa
    }
}

/// The kinds of cipher of SSLv2 (its specification, §C.4), which have three bytes.
const SSLV2: [(u32, &str); 7] = [
    (0x01_0080, "SSL_CK_RC4_128_WITH_MD5"),
    (0x02_0080, "SSL_CK_RC4_128_EXPORT40_WITH_MD5"),
    (0x03_0080, "SSL_CK_RC2_128_CBC_WITH_MD5"),
    (0x04_0080, "SSL_CK_RC2_128_CBC_EXPORT40_WITH_MD5"),
    (0x05_0080, "SSL_CK_IDEA_128_CBC_WITH_MD5"),
    (0x06_0040, "SSL_CK_DES_64_CBC_WITH_MD5"),
    (0x07_00c0, "SSL_CK_DES_192_EDE3_CBC_WITH_MD5"),
];

/// A kind of cipher of SSLv2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sslv2Cipher(pub u32);

impl Sslv2Cipher {
    /// Every kind that has a name.
    pub fn all() -> impl Iterator<Item = Self> {
        SSLV2.iter().map(|(number, _)| Self(*number))
    }

    /// Its name, or its number.
    #[must_use]
    pub fn name(self) -> String {
        let known = SSLV2.iter().find(|(number, _)| *number == self.0);
        known.map_or_else(
            || format!("0x{:06X}", self.0),
            |(_, name)| (*name).to_owned(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn suite(name: &str) -> CipherSuite {
        CipherSuite::named(name).unwrap()
    }

    #[test]
    fn the_table_is_sorted_and_every_name_leads_back_to_its_number() {
        assert!(NAMES.windows(2).all(|pair| pair[0].0 < pair[1].0));
        for own in CipherSuite::all() {
            assert_eq!(CipherSuite::named(&own.name()), Some(own));
        }
        assert_eq!(CipherSuite(0xcc13).name(), "0xCC13");
        assert_eq!(CipherSuite::named("0xCC13"), Some(CipherSuite(0xcc13)));
    }

    #[test]
    fn a_name_says_how_keys_come_about_and_who_is_proven() {
        let told = |name: &str| (suite(name).key_exchange(), suite(name).authentication());
        let rsa = Authentication::Rsa;
        assert_eq!(
            told("TLS_RSA_WITH_AES_128_GCM_SHA256"),
            (KeyExchange::Rsa, rsa)
        );
        assert_eq!(
            told("TLS_DHE_RSA_WITH_SEED_CBC_SHA"),
            (KeyExchange::Dhe, rsa)
        );
        let ecdsa = Authentication::Ecdsa;
        assert_eq!(
            told("TLS_ECDHE_ECDSA_WITH_AES_256_CCM_8"),
            (KeyExchange::Ecdhe, ecdsa)
        );
        assert_eq!(
            told("TLS_ECDH_ECDSA_WITH_NULL_SHA"),
            (KeyExchange::Ecdh, ecdsa)
        );
        let nobody = Authentication::Anonymous;
        assert_eq!(
            told("TLS_ECDH_anon_WITH_RC4_128_SHA"),
            (KeyExchange::Ecdhe, nobody)
        );
        let other = Authentication::Other;
        assert_eq!(told("TLS_RSA_PSK_WITH_NULL_SHA"), (KeyExchange::Rsa, other));
        assert_eq!(
            told("TLS_PSK_DHE_WITH_AES_128_CCM_8"),
            (KeyExchange::Dhe, other)
        );
        let tls13 = (KeyExchange::Tls13, Authentication::Tls13);
        assert_eq!(told("TLS_AES_128_GCM_SHA256"), tls13);
        assert_eq!(told("TLS_SM4_GCM_SM3"), tls13);
    }

    #[test]
    fn a_name_says_what_is_encrypted_and_how_strongly() {
        let told = |name: &str| {
            (
                suite(name).cipher(),
                suite(name).bits(),
                suite(name).is_aead(),
            )
        };
        assert_eq!(told("TLS_RSA_WITH_NULL_SHA"), ("NULL", 0, false));
        assert_eq!(told("TLS_SHA256_SHA256"), ("NULL", 0, false));
        assert_eq!(
            told("TLS_RSA_EXPORT_WITH_RC2_CBC_40_MD5"),
            ("RC2_CBC_40", 40, false)
        );
        assert_eq!(
            told("TLS_RSA_EXPORT1024_WITH_DES_CBC_SHA"),
            ("DES_CBC", 56, false)
        );
        assert_eq!(
            told("TLS_RSA_WITH_3DES_EDE_CBC_SHA"),
            ("3DES_EDE_CBC", 112, false)
        );
        assert_eq!(told("TLS_RSA_WITH_IDEA_CBC_SHA"), ("IDEA_CBC", 128, false));
        assert_eq!(
            told("TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256"),
            ("CHACHA20_POLY1305", 256, true)
        );
        assert_eq!(
            told("TLS_DHE_RSA_WITH_AES_256_CCM"),
            ("AES_256_CCM", 256, true)
        );
    }

    #[test]
    fn the_forbidden_classes_are_told_apart() {
        let count =
            |test: fn(CipherSuite) -> bool| CipherSuite::all().filter(|suite| test(*suite)).count();
        assert!(count(CipherSuite::is_null) > 10 && count(CipherSuite::is_export) > 10);
        assert!(suite("TLS_DH_anon_WITH_DES_CBC_SHA").is_anonymous());
        assert!(suite("TLS_RSA_WITH_RC4_128_MD5").is_rc4());
        assert!(suite("TLS_RSA_WITH_DES_CBC_SHA").has_small_blocks());
        assert!(!suite("TLS_RSA_WITH_AES_128_CBC_SHA").has_small_blocks());
        assert!(!suite("TLS_ECDH_RSA_WITH_AES_128_CBC_SHA").has_forward_secrecy());
        assert!(suite("TLS_DH_anon_WITH_AES_128_CBC_SHA").has_forward_secrecy());
        assert!(suite("TLS_RSA_EXPORT_WITH_RC4_40_MD5").is_static_rsa());
        assert!(!suite("TLS_RSA_PSK_WITH_NULL_SHA").is_static_rsa());
    }

    #[test]
    fn kinds_of_cipher_of_sslv2_have_names_of_their_own() {
        assert_eq!(Sslv2Cipher(0x01_0080).name(), "SSL_CK_RC4_128_WITH_MD5");
        assert_eq!(Sslv2Cipher(0x08_0080).name(), "0x080080");
    }
}
