namespace Hydra.Configuration;

/// <content>What is started, as whom, and how it is replaced.</content>
internal static partial class ForeignWords
{
    private static readonly string[] PlainWorkers = ["sync", "gthread", "asgi", "uvicorn", "tornado", "asyncio"];
    private static readonly string[] WorkerModules = ["uvicorn.workers.", "uvicorn_worker.", "aiohttp.Gunicorn", "aiohttp.worker."];

    private static IEnumerable<ForeignWord> ProcessWords =>
    [
        new()
        {
            Names = ["worker-class"], Short = 'k', HasValue = true, Take = TakeWorkerClass,
            Taken = "`sync`, `gthread`, `asgi`, `asyncio`, `tornado`, and those of uvicorn and aiohttp: the interface is found from the application; `trio`, `uvloop`: the same as `--loop`",
            Answer = "is not needed for sync, gthread, asgi, tornado, and uvicorn's and aiohttp's classes: the interface is found from the application. For more requests "
                + "at a time in a worker give --threads N; there are no gevent and eventlet workers.",
        },
        new()
        {
            Names = ["timeout"], Short = 't', HasValue = true,
            Answer = "has two meanings in gunicorn. As for sync workers, --request-timeout ends a request that does not begin its response in "
                + "that time (the default is never); as for all others, --worker-timeout replaces a worker that answers nothing (60s).",
        },
        new() { Names = [], Short = 'v', Take = static _ => [new TakenOption("version", "true")], Taken = "the same as `--version`" },
        Refused("prints nothing here: \"hydra check\" prints what is configured and by whom, and loads the application.", false, "print-config"),
        new()
        {
            Names = ["daemon"], Short = 'D',
            Answer = "hydra stays in the foreground. Run it as a service (docs/upgrade.md), or in a shell: setsid -f hydra … >hydra.log 2>&1",
        },
        new()
        {
            Names = ["user"], Short = 'u', HasValue = true,
            Answer = "hydra does not change its user. Start it as that one: User= of systemd, USER of a Dockerfile, or runuser -u NAME -- hydra …",
        },
        new()
        {
            Names = ["group"], Short = 'g', HasValue = true,
            Answer = "hydra does not change its group. Start it with that one: Group= of systemd, or runuser -u NAME -g GROUP -- hydra …",
        },
        Refused("hydra does not change its user. systemd's User= and runuser set all groups of the user.", false, "initgroups"),
        new()
        {
            Names = ["pythonpath"], HasValue = true,
            Answer = "give the variable as Python reads it, --env PYTHONPATH=DIR:DIR, or one directory with --app-dir.",
        },
        Refused("name a factory that loads it: a module with app = paste.deploy.loadapp(\"config:/path/to.ini\").", true, "paste", "paster", "paste-global"),
        Ignored("code that does not start is waited for", false, "reload-ignore-worker-failure"),
        Refused("code that does not start is waited for until it is mended.", false, "no-reload-ignore-worker-failure"),
        Ignored("there is one way to watch files", true, "reload-engine", "reload-delay", "reload-tick"),
        As("reload-dir", "reload-paths"),
        As("reload-exclude", "reload-ignore-dirs", "reload-ignore-paths"),
        Refused("name its directory with --reload-dir and its name with --reload-include.", true, "reload-extra-file"),
        Refused("is made of regular expressions; --reload-exclude takes patterns as .gitignore has them.", true, "reload-ignore-patterns"),
        Refused("is not there. To see what runs use py-spy, or python -X importtime for imports.", false, "spew"),
        Refused("requests, not connections, are bounded here: --limit-concurrency N for each worker, --queue-size for those that wait.", true, "worker-connections"),
        Ignored("there is no heartbeat file", true, "worker-tmp-dir"),
        Ignored("each request has a context of its own", false, "reset-contextvars"),
        Ignored("there is none without --control-socket", false, "no-control-socket"),
        Refused("the control socket is its user's and root's, mode 600.", true, "control-socket-mode"),
        Refused("one server has the socket, and its workers take requests from it: --workers N. SIGUSR2 replaces a running server.", false, "reuse-port"),
        Refused(NoDirty, true, "dirty-app", "dirty-workers", "dirty-timeout", "dirty-threads", "dirty-graceful-timeout"),
    ];

    private static IReadOnlyList<TakenOption>? TakeWorkerClass(string value)
    {
        string name = value.Trim();
        if (name is "trio" or "uvloop")
        {
            return [new TakenOption("loop", name)];
        }

        bool isKnown = Array.Exists(WorkerModules, module => name.StartsWith(module, StringComparison.Ordinal));
        return isKnown || PlainWorkers.Contains(name, StringComparer.OrdinalIgnoreCase) ? [] : null;
    }
}
