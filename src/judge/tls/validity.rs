//! Is the leaf within its validity, and for how long yet?

use jiff::{SignedDuration, Timestamp};

use super::{labels, place};
use crate::facts::tls::Endpoint;
use crate::finding;
use crate::finding::{Evidence, Finding};
use crate::judge::time::{minute, span};

finding! {
    /// The certificate has ended.
    ///
    /// Its last day of validity is over, and every browser stops visitors with a warning that many cannot pass. Renew the
    /// certificate and have the server load the new one: a renewal that runs but is not followed by a reload (certbot:
    /// `--deploy-hook`, nginx: `nginx -s reload`) is the commonest cause. An ALB or CloudFront with a certificate of ACM
    /// renews by itself as long as its DNS validation record stays in the zone.
    ///
    /// What to do: certbot, `certbot renew --force-renewal` and in its configuration a deploy hook `systemctl reload nginx`;
    /// acme.sh, `acme.sh --renew -d NAME --force` with `--reloadcmd` set at install; nginx, `nginx -s reload`; HAProxy,
    /// `systemctl reload haproxy` (its `crt` holds chain and key in one file); ACM, look at the renewal status, then choose the
    /// certificate at the load balancer's HTTPS listener or in the CloudFront distribution (instances have only exported ones).
    Expired { place: String, not_after: String, ago: String }
    id: "tls/expired", severity: Error, source: "RFC 5280 §4.1.2.5",
    explained_by: ["tls/address-behind"],
    message: "the certificate at {place} ended {ago} ago, on {not_after}",
    fix: "renew the certificate, then reload the server at {place} so that it uses the new file",
}

finding! {
    /// The certificate is not valid yet.
    ///
    /// Its first day of validity lies in the future, so browsers refuse it. Either it was put in place too early, or the
    /// clock of the machine that issued it, or of this one, is wrong. Use the former certificate until then, or set the clock.
    ///
    /// certbot and acme.sh keep the former ones (`/etc/letsencrypt/archive/NAME`, `~/.acme.sh/NAME/backup`): point nginx
    /// `ssl_certificate` or HAProxy `crt` there and reload. A clock is set with `timedatectl set-ntp true`. ACM issues none of
    /// this kind: one was imported; import the right one again, and it is used at the ALB's listener or in CloudFront at once.
    NotYetValid { place: String, not_before: String, until: String }
    id: "tls/not-yet-valid", severity: Error, source: "RFC 5280 §4.1.2.5",
    explained_by: ["tls/address-behind"],
    message: "the certificate at {place} is valid only in {until}, from {not_before} on",
    fix: "serve the former certificate until then, or set the clock of the machine that issued it",
}

finding! {
    /// The certificate ends soon, and was not renewed in good time.
    ///
    /// Less than a quarter of its lifetime, and less than 30 days, are left. Automatic renewal happens at a third as a rule,
    /// so it has probably failed: look at the log of certbot or your ACME client, or at the renewal status in ACM, now.
    ///
    /// `certbot renew --dry-run` and `/var/log/letsencrypt` tell why; acme.sh has `acme.sh --list` and `--cron --debug`. After a
    /// renewal nginx and HAProxy must reload. In ACM the CNAME of the DNS validation must still be in the zone, and the
    /// certificate must be in use at an ALB's listener or a CloudFront distribution, or it is not renewed.
    ExpiresSoon { place: String, not_after: String, left: String }
    id: "tls/expires-soon", severity: Warning, source: "RFC 9773 (renewal in good time)",
    explained_by: ["tls/address-behind"],
    message: "the certificate at {place} ends in {left}, on {not_after}",
    fix: "renew the certificate now, and find out why it was not renewed by itself",
}

finding! {
    /// The certificate ends within days, and was not renewed.
    ///
    /// Less than a twelfth of its lifetime, and less than 7 days, are left: after that every browser stops visitors. Automatic
    /// renewal has failed several times. Renew by hand now: `certbot renew --force-renewal`, `acme.sh --renew -d NAME --force`, or
    /// in ACM look at the renewal status, whose DNS validation record must be in the zone. Then reload the server, and let the
    /// renewal's log tell why it failed.
    ///
    /// nginx: `nginx -s reload`; HAProxy: `systemctl reload haproxy`. An imported certificate is not renewed by ACM: import the
    /// new one, which the ALB's listener and CloudFront then use by themselves.
    ExpiresNow { place: String, not_after: String, left: String }
    id: "tls/expires-now", severity: Error, source: "RFC 9773 (renewal in good time)",
    explained_by: ["tls/address-behind"],
    message: "the certificate at {place} ends in {left}, on {not_after}, and was not renewed",
    fix: "renew the certificate by hand today, reload the server, and find out why it was not renewed by itself",
}

/// What is left of a long-lived certificate when it is nearly too late: 7 days.
const NOW: SignedDuration = SignedDuration::from_hours(7 * 24);
/// What is left of a long-lived certificate when it should have been renewed: 30 days.
const SOON: SignedDuration = SignedDuration::from_hours(30 * 24);

pub(super) fn judge(host: &str, shown: &[&Endpoint], at: Timestamp, findings: &mut Vec<Finding>) {
    let leaf = shown.first().and_then(|endpoint| endpoint.leaf());
    let Some((not_before, not_after)) = leaf.and_then(|leaf| leaf.not_before.zip(leaf.not_after))
    else {
        return;
    };
    let (place, subjects) = (place(shown), labels(shown));
    // Times in certificates are whole seconds, so the moment is taken as one too.
    let at = Timestamp::from_second(at.as_second()).unwrap_or(at);
    let left = at.duration_until(not_after);
    // Both ends are part of the validity (RFC 5280 §4.1.2.5).
    let lifetime = not_before.duration_until(not_after) + SignedDuration::from_secs(1);
    let not_after = minute(not_after);
    if left.is_negative() {
        let ago = span(left.abs());
        findings.push(
            Expired {
                place,
                not_after,
                ago,
            }
            .about_all(host, subjects),
        );
    } else if at < not_before {
        let until = span(at.duration_until(not_before));
        let not_before = minute(not_before);
        findings.push(
            NotYetValid {
                place,
                not_before,
                until,
            }
            .about_all(host, subjects),
        );
    } else if left < NOW.min(lifetime / 12) && !is_chosen_end(shown, left) {
        let left = span(left);
        findings.push(
            ExpiresNow {
                place,
                not_after,
                left,
            }
            .about_all(host, subjects),
        );
    } else if left < SOON.min(lifetime / 4) {
        let left = span(left);
        findings.push(
            ExpiresSoon {
                place,
                not_after,
                left,
            }
            .about_all(host, subjects),
        );
    }
}

/// Whether a chain in a file is judged at its very last second, which somebody chose to know whether it is still inside
/// (RFC 5280 §4.1.2.5): it is, and no visitor is hit by it.
fn is_chosen_end(shown: &[&Endpoint], left: SignedDuration) -> bool {
    shown.iter().all(|endpoint| endpoint.file.is_some()) && left < SignedDuration::from_secs(1)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{self, at, certificate, endpoint, ids};
    use super::*;

    /// Judges a certificate of this validity in days from now.
    fn judged(from: i64, until: i64) -> Vec<String> {
        let mut endpoint = endpoint(1);
        endpoint.chain = vec![certificate("CN=shop.example", from, until)];
        ids(|findings| judge("shop.example", &[&endpoint], at(testing::NOW), findings))
    }

    #[test]
    fn a_certificate_is_expired_after_its_last_second_and_not_at_it() {
        assert_eq!(judged(-90, -1), ["tls/expired"]);
        let mut last = endpoint(1);
        last.chain = vec![certificate("CN=shop.example", -90, 0)];
        let found = ids(|findings| judge("shop.example", &[&last], at(testing::NOW), findings));
        assert_eq!(found, ["tls/expires-now"]);
    }

    #[test]
    fn a_certificate_of_tomorrow_is_not_yet_valid() {
        assert_eq!(judged(1, 90), ["tls/not-yet-valid"]);
        assert!(judged(0, 90).is_empty());
    }

    #[test]
    fn soon_is_30_days_or_a_quarter_of_the_lifetime() {
        assert_eq!(judged(-370, 29), ["tls/expires-soon"]);
        assert!(judged(-370, 31).is_empty());
        assert_eq!(judged(-68, 22), ["tls/expires-soon"]);
        assert!(judged(-66, 24).is_empty());
    }

    #[test]
    fn now_is_7_days_or_a_twelfth_of_the_lifetime() {
        assert_eq!(judged(-370, 6), ["tls/expires-now"]);
        assert_eq!(judged(-370, 7), ["tls/expires-soon"]);
        assert_eq!(judged(-23, 1), ["tls/expires-now"]);
        assert_eq!(judged(-21, 2), ["tls/expires-soon"]);
    }

    #[test]
    fn a_fraction_of_the_last_second_is_within_it() {
        let mut last = endpoint(1);
        last.chain = vec![certificate("CN=shop.example", -90, 0)];
        let moment = at(testing::NOW) + SignedDuration::from_millis(999);
        let found = ids(|findings| judge("shop.example", &[&last], moment, findings));
        assert_eq!(found, ["tls/expires-now"]);
    }

    #[test]
    fn a_file_may_be_judged_at_the_last_second() {
        let mut last = endpoint(1);
        last.file = Some("chain.pem".to_owned());
        let mut judged = |until: i64, moment: jiff::Timestamp| {
            last.chain = vec![certificate("CN=shop.example", -90, until)];
            ids(|findings| judge("shop.example", &[&last], moment, findings))
        };
        let now = at(testing::NOW);
        assert_eq!(judged(0, now), ["tls/expires-soon"]);
        assert_eq!(
            judged(0, now + SignedDuration::from_millis(999)),
            ["tls/expires-soon"]
        );
        assert_eq!(judged(1, now), ["tls/expires-now"]);
        assert_eq!(
            judged(0, now + SignedDuration::from_secs(1)),
            ["tls/expired"]
        );
    }

    #[test]
    fn what_cannot_be_read_is_not_judged() {
        let mut unread = endpoint(1);
        unread
            .chain
            .iter_mut()
            .for_each(|leaf| leaf.not_after = None);
        assert!(
            ids(|findings| judge("shop.example", &[&unread], at(testing::NOW), findings))
                .is_empty()
        );
    }

    #[test]
    fn spans_are_said_in_their_largest_unit() {
        assert_eq!(span(SignedDuration::from_hours(72)), "3 days");
        assert_eq!(span(SignedDuration::from_hours(30)), "30 hours");
        assert_eq!(span(SignedDuration::from_secs(61)), "1 minute");
    }
}
