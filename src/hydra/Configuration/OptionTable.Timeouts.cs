namespace Hydra.Configuration;

/// <content>How long requests, workers and connections may last.</content>
internal static partial class OptionTable
{
    private static IEnumerable<Option> TimeoutRows =>
    [
        new()
        {
            Name = "graceful-timeout", Aliases = ["timeout-graceful-shutdown"], Placeholder = "TIME", Default = "30s",
            Group = OptionGroup.Timeouts,
            Help = "How long requests may go on after the server was told to stop.",
            Binder = Section.Server.Duration(TimeSpan.Zero, static (o, v) => o with { GracefulTimeout = v }),
        },
        new()
        {
            Name = "shutdown-delay", Placeholder = "TIME", Default = "0", Group = OptionGroup.Timeouts,
            Help = "How long the server goes on after SIGTERM before it stops: /-/ready says no, responses ask for another connection, and all that "
                + "comes is served. Load balancers and Kubernetes hear of the end some seconds late. A second signal cuts it short.",
            Binder = Section.Server.Duration(TimeSpan.Zero, static (o, v) => o with { ShutdownDelay = v }),
        },
        new()
        {
            Name = "drain-timeout", Placeholder = "TIME", Default = "(as --graceful-timeout)", Group = OptionGroup.Timeouts,
            Help = "How long requests may go on in a worker that was replaced, by a reload for instance, or is not needed any more.",
            Binder = Section.Replacement.Duration(TimeSpan.Zero, static (o, v) => o with { DrainTimeout = v }),
        },
        new()
        {
            Name = "stream-grace", Placeholder = "TIME", Default = "(a third of the grace)", Group = OptionGroup.Timeouts,
            Help = "After how much of --graceful-timeout or --drain-timeout a response that has no end of its own, such as server-sent events, is "
                + "told: receive() gives http.disconnect, send() goes on.",
            Binder = Section.Server.Duration(TimeSpan.Zero, static (o, v) => o with { StreamGrace = v }),
        },
        new()
        {
            Name = "request-timeout", Placeholder = "TIME", Default = "0", Group = OptionGroup.Timeouts,
            Help = "How long a worker may take until a response begins; then the client gets 504, the stack of the request is logged and "
                + "the request is stopped. 0 for ever. Neither a slow client nor a response that has begun counts.",
            Binder = Section.Timeouts.Duration(TimeSpan.Zero, static (o, v) => o with { Request = v }),
        },
        new()
        {
            Name = "slow-request", Placeholder = "TIME", Default = "0", Group = OptionGroup.Timeouts,
            Help = "Log where the Python code of a request is that takes longer than this until its response begins, once; the request goes on. 0 never.",
            Binder = Section.Timeouts.Duration(TimeSpan.Zero, static (o, v) => o with { Slow = v }),
        },
        new()
        {
            Name = "worker-timeout", Aliases = ["timeout-worker-healthcheck"], Placeholder = "TIME", Default = "60s", Group = OptionGroup.Timeouts,
            Help = "Replace a worker that has not come back from a request so long after it was stopped, or does not answer at all; a "
                + "worker that is merely busy answers. 0 never.",
            Binder = Section.Timeouts.Duration(TimeSpan.Zero, static (o, v) => o with { Worker = v }),
        },
        new()
        {
            Name = "start-timeout", Placeholder = "TIME", Default = "120s", Group = OptionGroup.Timeouts,
            Help = "How long a worker may take to load the application; then it is killed, which counts as a start that failed. 0 for ever.",
            Binder = Section.Timeouts.Duration(TimeSpan.Zero, static (o, v) => o with { Start = v }),
        },
        new()
        {
            Name = "cancel-on-disconnect", Default = "false", Group = OptionGroup.Timeouts,
            Help = "Stop a request when its client leaves: under WSGI at once, by an exception in its thread; under ASGI, where it hears of that by "
                + "receive(), by cancelling its task when it goes on 3 s later, or after what is given: --cancel-on-disconnect=10s.",
            Binder = Section.Timeouts.SwitchOrDuration(
                static (o, v, grace) => o with { CancelOnDisconnect = v, DisconnectGrace = grace ?? TimeoutOptions.UsualDisconnectGrace }),
        },
        new()
        {
            Name = "keep-alive", Aliases = ["timeout-keep-alive"], Placeholder = "TIME", Default = "75s", Group = OptionGroup.Timeouts,
            Help = "How long an idle connection is kept open.",
            Binder = Section.Clients.Duration(TimeSpan.FromMilliseconds(1), static (o, v) => o with { KeepAlive = v }),
        },
    ];
}
