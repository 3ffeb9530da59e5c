using Hydra.Primitives;

namespace Hydra.Configuration;

/// <content>Which hosts are served, and what the front says without asking an application.</content>
internal static partial class OptionTable
{
    private static IEnumerable<Option> AnswerRows =>
    [
        new()
        {
            Name = "allowed-host", Aliases = ["allowed-hosts"], Placeholder = "HOST", Repeatable = true, Group = OptionGroup.Proxies,
            Help = "Serve these hosts alone, at whatever port: a name, an address, *.example.org for all below a name, .example.org for these and the name, * for "
                + "all. Others get 421 over TLS or HTTP/2, and 400 else. May be repeated, or have commas.",
            Binder = Section.Answers.Read(ReadHosts),
        },
        new()
        {
            Name = "redirect-https", Default = "false", Group = OptionGroup.Proxies,
            Help = "Send requests that came by http, as far as trusted proxies say, to https: GET and HEAD with 301, others with 308.",
            Binder = Section.Answers.Switch(static (o, v) => o with { RedirectsHttps = v }),
        },
        new()
        {
            Name = "redirect-https-port", Placeholder = "PORT", Default = "443", Group = OptionGroup.Proxies,
            Help = "The port of https to which they are sent.",
            Binder = Section.Answers.Integer(1, 65535, static (o, v) => o with { HttpsPort = v }),
        },
        new()
        {
            Name = "redirect-https-except", Placeholder = "PATH", Repeatable = true, Group = OptionGroup.Proxies,
            Help = "A path that is served over http all the same, with all below it, such as that of health checks; /.well-known/acme-challenge always is.",
            Binder = Section.Answers.Read(ReadPlainPath),
        },
        new()
        {
            Name = "hsts", Placeholder = "SECONDS|TEXT", Group = OptionGroup.Proxies,
            Help = "Answers over https say for how long browsers are to come by https alone (Strict-Transport-Security): 31536000, or all of the field, such as "
                + "\"max-age=31536000; includeSubDomains\".",
            Binder = Section.Answers.Read(ReadTransportSecurity),
        },
        new()
        {
            Name = "header", Placeholder = "NAME:VALUE", Repeatable = true, HasVariable = false, Group = OptionGroup.Proxies,
            Help = "All answers get this field, in the place of the application's: \"X-Frame-Options: DENY\". \"/static: Cache-Control: max-age=60\" is for that path "
                + "and all below it; \"Server:\" takes a field away.",
            Binder = Section.Answers.Read(ReadField),
        },
        new()
        {
            Name = "redirect", Placeholder = "FROM=TO", Repeatable = true, HasVariable = false, Group = OptionGroup.Proxies,
            Help = "Send requests for a path elsewhere: /old=/new, /old/*=/new/*, /docs=https://docs.example.org/,301. The status is 302 where none is named.",
            Binder = Section.Answers.Read(ReadRedirect),
        },
    ];

    private static string? ReadHosts(string text, AnswerOptions before, out AnswerOptions after)
    {
        List<HostPattern> hosts = [.. before.Hosts];
        string? problem = text.AsSpan().Trim(" ,").IsEmpty ? "it names no host." : null;
        foreach (string part in text.Split([',', ' '], StringSplitOptions.RemoveEmptyEntries))
        {
            string? wrong = HostPattern.Read(part, out HostPattern host);
            problem ??= wrong;
            hosts.Add(host);
        }

        after = before with { Hosts = hosts };
        return problem;
    }

    private static string? ReadPlainPath(string text, AnswerOptions before, out AnswerOptions after)
    {
        after = before;
        if (!text.StartsWith('/'))
        {
            return $"\"{text}\" does not begin with a slash.";
        }

        string? problem = MountPlace.Read(text, out MountPlace place);
        after = before with { PlainPaths = [.. before.PlainPaths, place] };
        return problem;
    }

    private static string? ReadTransportSecurity(string text, AnswerOptions before, out AnswerOptions after)
    {
        string value = text.Trim();
        bool isNumber = value.Length > 0 && value.Length < 12 && value.All(char.IsAsciiDigit);
        after = before with { TransportSecurity = isNumber ? "max-age=" + value : value };
        return isNumber || (value.Contains("max-age=", StringComparison.OrdinalIgnoreCase) && !value.AsSpan().ContainsAnyExceptInRange(' ', '~'))
            ? null
            : $"\"{text}\" is neither a number of seconds nor a field such as \"max-age=31536000; includeSubDomains\".";
    }

    private static string? ReadField(string text, AnswerOptions before, out AnswerOptions after)
    {
        string? problem = FieldRule.Read(text, out FieldRule rule);
        after = before with { Fields = [.. before.Fields, rule] };
        return problem;
    }

    private static string? ReadRedirect(string text, AnswerOptions before, out AnswerOptions after)
    {
        string? problem = RedirectRule.Read(text, out RedirectRule rule);
        after = before with { Redirects = [.. before.Redirects, rule] };
        return problem;
    }
}
