//! What to write into web.config or applicationHost.config of IIS, or to choose in its manager.

use super::{Family, Sts, Wish, write};

const RULE: &str = "URL Rewrite, a rule for `(.*)` with the condition `{HTTPS}` `off`, the action Redirect to `https://{SERVER_NAME}{UNENCODED_URL}`";

pub(super) fn lines(wish: Wish<'_>) -> String {
    let site = "in the element `<site>` of applicationHost.config";
    match wish {
        Wish::Redirect => format!("{RULE} without appended query, type Permanent (301), as the first one"),
        Wish::RedirectBehindProxy => {
            "URL Rewrite, in the rule that redirects the condition `{HTTP_X_FORWARDED_PROTO}` `^http$` instead of `{HTTPS}`, where a proxy in front speaks TLS"
                .to_owned()
        }
        Wish::Target => "the target stands in the action of a rule of URL Rewrite, in HTTP Redirect, or in the application's base URL".to_owned(),
        Wish::Policy(policy) => write(&[hsts(*policy)], &format!("{site}, from version 1709 on")),
        Wish::OnlyPolicy(policy) => write(
            &[hsts(*policy)],
            &format!("{site}, and `<remove name=\"Strict-Transport-Security\" />` in the customHeaders; not in the application as well"),
        ),
        Wish::Challenge => {
            "URL Rewrite, a rule for `^\\.well-known/acme-challenge/` without action and with stopProcessing before the redirect, and a MIME type for files without extension"
                .to_owned()
        }
        Wish::Cookie => write(
            &["<httpCookies requireSSL=\"true\" />"],
            "in system.web of web.config; in ASP.NET Core CookieSecurePolicy.Always",
        ),
        Wish::Http2 => "Windows Server 2016 or later, and no `EnableHttp2Tls` of 0 below HKLM\\SYSTEM\\CurrentControlSet\\Services\\HTTP\\Parameters".to_owned(),
        Wish::Http3 => {
            "Windows Server 2022 or later, `EnableHttp3` of 1 below HKLM\\SYSTEM\\CurrentControlSet\\Services\\HTTP\\Parameters, and UDP port 443 open in the firewall"
                .to_owned()
        }
        Wish::AltSvc => "`EnableAltSvc` of 1 below HKLM\\SYSTEM\\CurrentControlSet\\Services\\HTTP\\Parameters".to_owned(),
        Wish::Scheme => "with ARR the server variable `HTTP_X_FORWARDED_PROTO`, and have the application trust it; else its base URL".to_owned(),
        Wish::Host => write(&["<proxy enabled=\"true\" preserveHostHeader=\"true\" />"], "for ARR, or set the application's base URL"),
        Wish::Listen(family, ports) => write(
            &ports.iter().map(|port| binding(family, *port)).collect::<Vec<_>>(),
            &format!("{site} (in the manager: IP address \"All Unassigned\")"),
        ),
        Wish::Port80(_) => format!("the binding `<binding protocol=\"http\" bindingInformation=\"*:80:\" />`, and {RULE}"),
        Wish::Names(names) => format!("a binding with the host name {} for each of http and https", quoted(names)),
        Wish::Shown => "compare what `appcmd list config` shows, web.config included".to_owned(),
        Wish::Log => "read the event log and the failed request tracing; 503: start the application pool".to_owned(),
    }
}

fn hsts(policy: Sts) -> String {
    let flags = policy.flags(" includeSubDomains=\"true\"", " preload=\"true\"");
    let max_age = policy.max_age;
    format!("<hsts enabled=\"true\" max-age=\"{max_age}\"{flags} />")
}

fn binding(family: Family, port: u16) -> String {
    let protocol = if port == 80 { "http" } else { "https" };
    let address = match family {
        Family::V4 => "*",
        Family::V6 => "[::]",
    };
    format!("<binding protocol=\"{protocol}\" bindingInformation=\"{address}:{port}:\" />")
}

fn quoted(names: &[&str]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    names.join(" and ")
}
