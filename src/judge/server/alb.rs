//! What to choose at an Application Load Balancer of AWS (EC2, Load Balancers).

use super::{Family, Sts, Wish};

pub(super) fn lines(wish: Wish<'_>) -> String {
    match wish {
        Wish::Redirect => "listener HTTP:80, action Redirect to HTTPS, port 443, original host, path and query, status HTTP_301".to_owned(),
        Wish::RedirectBehindProxy => {
            "the redirect at its listener HTTP:80 alone, HTTPS:443 forwards; the targets redirect when X-Forwarded-Proto is http, or not at all"
                .to_owned()
        }
        Wish::Target => "the target stands in a Redirect action of its listener's rules".to_owned(),
        Wish::Policy(policy) => hsts(*policy),
        Wish::OnlyPolicy(policy) => format!("{}, which takes the place of the targets' own", hsts(*policy)),
        Wish::Challenge => {
            "listener HTTP:80, before the redirect a rule for path `/.well-known/acme-challenge/*` that forwards to the target that renews".to_owned()
        }
        Wish::Cookie => "set Secure where the target makes the cookie; that of its own stickiness (AWSALB) goes without, AWSALBCORS with it".to_owned(),
        Wish::Http2 => "Attributes: HTTP/2 on".to_owned(),
        Wish::Http3 | Wish::AltSvc => "it speaks no HTTP/3: put CloudFront in front, or announce it nowhere".to_owned(),
        Wish::Scheme => "it sends X-Forwarded-Proto: have the application trust it".to_owned(),
        Wish::Host => "Attributes: Preserve host header on, and have the application trust it, or set its base URL".to_owned(),
        Wish::Listen(Family::V6, _) => "Network mapping: IP address type Dualstack, and a rule for `::/0` in its security group".to_owned(),
        Wish::Listen(Family::V4, _) => "a listener for the port, and a rule for `0.0.0.0/0` in its security group".to_owned(),
        Wish::Port80(_) => "a listener HTTP:80 with the action Redirect to HTTPS, port 443, HTTP_301, and port 80 open in its security group".to_owned(),
        Wish::Names(names) => format!("listener rules: host header {}", names.join(" or ")),
        Wish::Shown => "look at the targets of the group one by one, and deploy the same to all".to_owned(),
        Wish::Log => "look at the health of the targets, and at `elb_status_code` and `error_reason` in its access log".to_owned(),
    }
}

fn hsts(policy: Sts) -> String {
    format!(
        "listener HTTPS:443, Attributes: HTTP Strict Transport Security (HSTS) header `{policy}`"
    )
}
