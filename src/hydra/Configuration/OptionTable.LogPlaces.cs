using Hydra.Diagnostics;

namespace Hydra.Configuration;

/// <content>Where the server's own log goes, and in which form.</content>
internal static partial class OptionTable
{
    private static IEnumerable<Option> LogPlaceRows =>
    [
        new()
        {
            Name = "log-format", Placeholder = OptionNames.Join(OptionNames.LogFormats), Default = "(text, json with --worker-output json)",
            Group = OptionGroup.Logging,
            Help = "The server's log as text, or as JSON, an object a line; what workers print and log is JSON then, too.",
            Binder = Section.Logs.Choice(OptionNames.LogFormats, static (o, v) => o with { Format = v }),
        },
        new()
        {
            Name = "log-file", Aliases = ["error-logfile"], Placeholder = "PATH", Default = "(-)", Group = OptionGroup.Logging,
            Help = "The file of the server's log, with what workers print and log; - for standard error. It is appended to, made with mode 0640, and opened "
                + "again on SIGUSR1.",
            Binder = Section.Logs.Path(static (o, v) => o with { File = v == "-" ? null : v }),
        },
        new()
        {
            Name = "request-id", Placeholder = "HEADER", Default = "(off)", Group = OptionGroup.Logging,
            Help = "Give each request a name in this header, X-Request-ID for \"on\": the client's where it is well-formed, else a new one. The application gets it, "
                + "the response has it, and the logs name it.",
            Binder = OptionBinder.OfServer(BindRequestId),
        },
        new()
        {
            Name = "log-config", Aliases = ["log-config-json"], Placeholder = "PATH", Group = OptionGroup.Logging,
            Help = "A configuration of Python's logging, which workers apply before they import the application: .json or .yaml for dictConfig, else fileConfig.",
            Binder = Section.Logs.Path(static (o, v) => o with { PythonConfig = v }),
        },
        new()
        {
            Name = "log-syslog", Default = "false", Group = OptionGroup.Logging,
            Help = "Send the server's log to syslog instead, a message a line.",
            Binder = Section.Logs.Switch(static (o, v) => o with { UsesSyslog = v }),
        },
        new()
        {
            Name = "log-syslog-to", Placeholder = "ADDRESS", Default = "(unix:/dev/log)", Group = OptionGroup.Logging,
            Help = "The syslog daemon to send it to: udp://host:port, tcp://host:port or unix:/path, of which #stream is a stream.",
            Binder = OptionBinder.OfServer(static (draft, value) =>
            {
                string? problem = SyslogAddress.TryRead(value.Text, out SyslogAddress address);
                draft.Options = draft.Options with { Logs = draft.Options.Logs with { UsesSyslog = true, SyslogAddress = address } };
                return problem;
            }),
        },
        new()
        {
            Name = "log-syslog-prefix", Placeholder = "TEXT", Default = "hydra", Group = OptionGroup.Logging,
            Help = "What its messages are called: \"TEXT[pid]: message\".",
            Binder = OptionBinder.OfServer(static (draft, value) =>
            {
                draft.Options = draft.Options with { Logs = draft.Options.Logs with { SyslogTag = value.Text } };
                return value.Text.Length is > 0 and <= 48 && !value.Text.AsSpan().ContainsAnyExceptInRange('!', '~')
                    ? null : $"\"{value.Text}\" is not 1 to 48 printable characters without spaces.";
            }),
        },
        new()
        {
            Name = "log-syslog-facility", Placeholder = "NAME", Default = "user", Group = OptionGroup.Logging,
            Help = "Its facility: user, daemon, local0 to local7, and the others that syslog has.",
            Binder = Section.Logs.Choice(SyslogStream.Facilities, static (o, v) => o with { SyslogFacility = v }, static word => word.Trim().ToLowerInvariant() is "security" ? "auth" : word),
        },
    ];

    private static string? BindRequestId(ServerDraft draft, OptionValue value)
    {
        string text = value.Text.Trim();
        bool isSwitch = ValueReader.Boolean(text, out bool isOn) is null;
        string? header = isSwitch ? isOn ? "X-Request-ID" : null : text;
        draft.Options = draft.Options with { Logs = draft.Options.Logs with { RequestIdHeader = header } };
        return header is null || IsFieldName(header) ? null : $"\"{text}\" is not the name of a header.";
    }

    // RFC 9110, section 5.6.2; and none by which messages are framed.
    private static bool IsFieldName(string text)
        => text.Length is > 0 and <= 64 && text.All(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_')
            && text.ToLowerInvariant() is not ("host" or "content-length" or "transfer-encoding" or "connection" or "content-type");
}
