using System.Globalization;

namespace Hydra.Configuration;

/// <content>What granian alone has.</content>
internal static partial class ForeignWords
{
    private const string OwnThreads = "the server's own threads are `--loops`";
    private const string LooksByItself = "the server looks by itself";

    private static IEnumerable<ForeignWord> GranianWords =>
    [
        As("limit-concurrency", "backpressure"),
        Ignored("idle threads stay", true, "blocking-threads-idle-timeout"),
        Ignored(OwnThreads, true, "runtime-threads", "runtime-blocking-threads", "runtime-mode"),
        Ignored("tasks are the event loop's", true, "task-impl"),
        Refused("heads are bounded by --limit-request-head, and bodies by --buffer-body.", true, "http1-buffer-size"),
        new()
        {
            Names = ["http1-header-read-timeout"], HasValue = true, Take = TakeMilliseconds, Taken = "milliseconds, as `--header-timeout`",
            Answer = "needs a number of milliseconds.",
        },
        Ignored("connections are kept for `--keep-alive`", false, "http1-keep-alive"),
        Refused("connections are kept for --keep-alive, and closed by a client that says so.", false, "no-http1-keep-alive"),
        Ignored("answers that are ready together leave together", false, "http1-pipeline-flush", "no-http1-pipeline-flush"),
        Refused("an application without WebSockets refuses them by itself; there is no switch for it.", false, "no-ws"),
        new()
        {
            Names = ["ssl-client-verify"], Take = static _ => [new TakenOption("ssl-cert-reqs", "required")], Taken = "`--ssl-cert-reqs required`",
        },
        new() { Names = ["no-ssl-client-verify"], Take = static _ => [new TakenOption("ssl-cert-reqs", "none")], Taken = "`--ssl-cert-reqs none`" },
        As("root-path", "url-path-prefix"),
        Refused("address and port are one value here: --metrics HOST:PORT.", true, "metrics-address", "metrics-port"),
        Ignored("what is asked for is counted as it comes", true, "metrics-scrape-interval"),
        Ignored("there are none without `--metrics`", false, "no-metrics"),
        Ignored("there is always a log: `--log-level`", false, "log"),
        Refused("there is always a log; --log-level critical leaves next to nothing in it.", false, "no-log"),
        Ignored("a worker that ends is replaced", false, "respawn-failed-workers"),
        Refused("a worker that ends is replaced, so that requests need not fail.", false, "no-respawn-failed-workers"),
        Ignored("the pauses between starts that fail grow by themselves", true, "respawn-interval"),
        Ignored(LooksByItself, true, "rss-sample-interval", "rss-samples"),
        new()
        {
            Names = ["workers-max-rss"], HasValue = true, Taken = "MiB, as `--worker-max-rss`", Answer = "needs a number of MiB.",
            Take = static value => TryNumber(value, out int mebibytes) ? [new TakenOption("worker-max-rss", FormattableString.Invariant($"{mebibytes}m"))] : null,
        },
        As("drain-timeout", "workers-kill-timeout"),
        As("env-file", "env-files"),
        As("name", "process-name"),
        As("pid", "pid-file"),
    ];

    // The same thing under another name.
    private static ForeignWord As(string option, params string[] names) => new()
    {
        Names = names,
        HasValue = true,
        Take = value => [new TakenOption(option, value)],
        Taken = $"the same as `--{option}`",
    };

    private static IReadOnlyList<TakenOption>? TakeMilliseconds(string value)
        => TryNumber(value, out int milliseconds) ? [new TakenOption("header-timeout", FormattableString.Invariant($"{milliseconds}ms"))] : null;

    private static bool TryNumber(string value, out int number)
        => int.TryParse(value.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out number);
}
