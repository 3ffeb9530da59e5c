using Hydra.Diagnostics;

namespace Hydra.Configuration;

/// <content>The access log.</content>
internal static partial class OptionTable
{
    private static IEnumerable<Option> AccessLogRows =>
    [
        new()
        {
            Name = "access-log", Default = "(off, on with --access-logfile)", Group = OptionGroup.Logging,
            Help = "Write a line for each request, to standard output unless --access-logfile says otherwise.",
            Binder = Section.Logs.Switch(static (o, v) => o with { AccessWanted = v }),
        },
        new()
        {
            Name = "access-logfile", Placeholder = "PATH", Default = "(-)", Group = OptionGroup.Logging,
            Help = "The file of the access log; - for standard output. It is appended to, made with mode 0640, and opened again on SIGUSR1.",
            Binder = Section.Logs.Path(static (o, v) => o with { IsAccessPlaced = true, AccessFile = v == "-" ? null : v }),
        },
        new()
        {
            Name = "access-log-format", Aliases = ["access-logformat", "access-log-fmt"], Placeholder = "combined|common|json|timed|short|TEXT", Default = "combined",
            Group = OptionGroup.Logging,
            Help = "What its lines look like: combined and common are Apache's, json is an object a line, timed has milliseconds and the time in the queue, for "
                + "people, short is what hydra dev has. A text has places such as %(h)s, %(r)s, %({referer}i)s, as gunicorn, hypercorn and granian have them.",
            Binder = OptionBinder.OfServer(static (draft, value) =>
            {
                string? problem = AccessFormat.TryRead(value.Text, Environment.GetEnvironmentVariable, out AccessFormat format);
                draft.Options = draft.Options with { Logs = draft.Options.Logs with { AccessFormat = format } };
                return problem;
            }),
        },
        new()
        {
            Name = "access-log-skip", Placeholder = "PATTERN", Repeatable = true, Group = OptionGroup.Logging,
            Help = "Requests that have no line: those with a path such as /health or /static/*, or with a status such as 304 or 3xx. May be repeated.",
            Binder = OptionBinder.OfServer(static (draft, value) =>
            {
                string? problem = AccessSkip.TryRead(value.Text, out AccessSkip skip);
                LogOptions logs = draft.Options.Logs;
                draft.Options = draft.Options with { Logs = logs with { AccessSkips = [.. logs.AccessSkips, skip] } };
                return problem;
            }),
        },
    ];
}
