namespace Hydra.Configuration;

/// <content>What uWSGI alone has: the words that its documentation's examples and most uwsgi.ini have.</content>
internal static partial class ForeignWords
{
    private const string AlwaysSo = "it is always so";

    // Of uWSGI's own letters those that mean nothing else here. Its -p, -w and -b are options of Hydra's with another meaning.
    private static IEnumerable<ForeignWord> UwsgiWords =>
    [
        new()
        {
            Names = ["socket", "uwsgi-socket"], Short = 's', HasValue = true, Take = static value => TakeSocket("uwsgi://", value),
            Taken = "`--bind uwsgi://ADDRESS`, a path as `uwsgi://unix:/path`", Answer = "needs an address or a path, and none that is abstract.",
        },
        new()
        {
            Names = ["http-socket"], HasValue = true, Take = static value => TakeSocket("http://", value),
            Taken = "`--bind http://ADDRESS`", Answer = "needs an address or a path, and none that is abstract.",
        },
        new() { Names = ["module"], HasValue = true, Take = TakeModule, Taken = "the application; without an attribute it is `application`", Answer = "needs a module." },
        Refused("give the module: --module shop.wsgi, with --chdir or --app-dir for the directory that it is in.", true, "wsgi-file", "file"),
        Refused("give it behind the module: --module shop.wsgi:app.", true, "callable"),
        As("workers", "processes"),
        new() { Names = ["master"], Short = 'M', Take = Nothing, Taken = AlwaysSo },
        Ignored(AlwaysSo, false, "enable-threads", "single-interpreter", "need-app", "vacuum", "die-on-term", "strict", "no-orphans", "thunder-lock", "manage-script-name",
            "lazy", "lazy-apps", "http-keepalive", "http-auto-chunked", "http-chunked-input", "so-keepalive"),
        Ignored("there is an access log only where `--access-log` asks for one", false, "disable-logging"),
        Ignored("what fails because its client has left is not spoken of", false, "ignore-sigpipe", "ignore-write-errors", "disable-write-exception"),
        Ignored("Python is started, and not linked", true, "plugin", "plugins"),
        Ignored("slow clients hold no worker", true, "offload-threads", "post-buffering", "http-timeout", "socket-timeout"),
        Ignored("heads are bounded by `--limit-request-head`", true, "buffer-size"),
        As("request-timeout", "harakiri"),
        new() { Names = ["listen"], Short = 'l', HasValue = true, Take = static value => [new TakenOption("backlog", value)], Taken = "the same as `--backlog`" },
        new()
        {
            Names = ["virtualenv", "venv", "home", "pyhome"], Short = 'H', HasValue = true, Take = static value => [new TakenOption("python", value)],
            Taken = "the same as `--python`",
        },
        As("uds-permissions", "chmod-socket"),
        As("uds-owner", "chown-socket"),
        As("worker-max-lifetime", "max-worker-lifetime"),
        new()
        {
            Names = ["reload-on-rss"], HasValue = true, Taken = "MiB, as `--worker-max-rss`", Answer = "needs a number of MiB.",
            Take = static value => TryNumber(value, out int mebibytes) ? [new TakenOption("worker-max-rss", FormattableString.Invariant($"{mebibytes}m"))] : null,
        },
        As("log-file", "logto"),
        Refused("hydra does not change its user. Start it as that one: User= and Group= of systemd, or runuser -u NAME -g GROUP -- hydra …", true, "uid", "gid"),
        Refused("hydra stays in the foreground. Run it as a service (docs/upgrade.md).", true, "daemonize", "daemonize2"),
        Refused("workers are scaled by how long requests wait: --workers MIN:MAX.", true, "cheaper", "cheaper-algo", "cheaper-initial", "cheaper-step"),
        new() { Names = ["py-autoreload"], HasValue = true, Take = static _ => [new TakenOption("reload", "true")], Taken = "the same as `--reload`" },
        Refused("a change of any file of the code is seen by --reload; in production touch nothing, and send SIGHUP.", true, "touch-reload"),
        Refused("figures are for Prometheus to collect: --metrics ADDRESS.", true, "stats"),
        Refused("say it in hydra.toml: docs/migrate.md has the words of uwsgi.ini, one by one.", true, "ini", "yaml", "xml", "json", "emperor"),
    ];

    private static IReadOnlyList<TakenOption>? TakeSocket(string scheme, string value)
    {
        string address = value.Trim();
        bool isPath = address.Contains('/', StringComparison.Ordinal) || (address.Length > 0 && !address.Contains(':', StringComparison.Ordinal));
        return address.Length == 0 || address[0] is '@' or '=' ? null : [new TakenOption("bind", scheme + (isPath ? "unix:" : "") + address)];
    }

    private static IReadOnlyList<TakenOption>? TakeModule(string value)
    {
        string module = value.Trim();
        return module.Length == 0 || module.Contains('=', StringComparison.Ordinal) ? null : [new TakenOption("app", module.Contains(':', StringComparison.Ordinal) ? module : module + ":application")];
    }
}
