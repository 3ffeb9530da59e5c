namespace Hydra.Configuration;

/// <content>Logs and figures.</content>
internal static partial class ForeignWords
{
    private static IEnumerable<ForeignWord> LogWords =>
    [
        new()
        {
            Names = ["access-logfile"], HasValue = true,
            Take = static value => value.Trim() == "-" ? [new TakenOption("access-log", "true")] : null,
            Taken = "`-`: the same as `--access-log`",
            Answer = "the access log goes to standard output: hydra --access-log … >FILE",
        },
        new()
        {
            Names = ["error-logfile", "log-file"], HasValue = true, Take = When("-"),
            Taken = "`-`: the log is on standard error",
            Answer = "the log goes to standard error: hydra … 2>FILE",
        },
        Ignored("what workers print is in the log: `--worker-output`", false, "capture-output"),
        new()
        {
            Names = ["enable-stdio-inheritance"], Short = 'R', Take = Nothing, Taken = "what workers print is in the log: `--worker-output`",
        },
        Refused("the access log has one format so far; docs/behaviour.md shows it.", true, "access-logformat"),
        Refused("logging is the application's: call logging.config.dictConfig() or fileConfig() in it. The server's records are of the "
            + "logger hydra.error.", true, "log-config", "log-config-json", "logger-class"),
        Refused("nothing is sent to syslog: run hydra under systemd, or pipe it: hydra … 2>&1 | logger -t hydra", false, "log-syslog"),
        Refused("nothing is sent to syslog: run hydra under systemd, or pipe it: hydra … 2>&1 | logger -t hydra", true,
            "log-syslog-to", "log-syslog-prefix", "log-syslog-facility"),
        Ignored("nothing is sent to syslog", false, "disable-redirect-access-to-syslog"),
        Refused("figures are for Prometheus to collect: --metrics ADDRESS.", true, "statsd-host", "statsd-prefix", "dogstatsd-tags"),
        Refused("figures are for Prometheus to collect: --metrics ADDRESS.", false, "enable-backlog-metric"),
    ];
}
