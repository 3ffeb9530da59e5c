namespace Hydra.Configuration;

/// <content>Logs and figures.</content>
internal static partial class ForeignWords
{
    private static IEnumerable<ForeignWord> LogWords =>
    [
        Ignored("what workers print is in the log: `--worker-output`", false, "capture-output"),
        new()
        {
            Names = ["enable-stdio-inheritance"], Short = 'R', Take = Nothing, Taken = "what workers print is in the log: `--worker-output`",
        },
        Refused("logging is Python's own: --log-config FILE configures it, or the application does. The server's records are of the logger hydra.error.", true, "logger-class"),
        Ignored("the access log is not sent to syslog", false, "disable-redirect-access-to-syslog"),
        Ignored("the queue is among what `--statsd-host` gets", false, "enable-backlog-metric"),
    ];
}
