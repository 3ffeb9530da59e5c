namespace Hydra.Configuration;

/// <content>Requests and workers that hang.</content>
internal static partial class OptionTable
{
    private static IEnumerable<Option> Hanging =>
    [
        new()
        {
            Name = "request-timeout", Placeholder = "TIME", Default = "0", Group = OptionGroup.Timeouts,
            Help = "How long a worker may take until a response begins; then the client gets 504, the stack of the request is logged and "
                + "the request is stopped. 0 for ever. Neither a slow client nor a response that has begun counts.",
            Bind = Duration(TimeSpan.Zero, static (o, v) => o with { RequestTimeout = v }),
        },
        new()
        {
            Name = "worker-timeout", Placeholder = "TIME", Default = "60s", Group = OptionGroup.Timeouts,
            Help = "Replace a worker that has not come back from a request so long after it was stopped, or does not answer at all; a "
                + "worker that is merely busy answers. 0 never.",
            Bind = Duration(TimeSpan.Zero, static (o, v) => o with { WorkerTimeout = v }),
        },
        new()
        {
            Name = "cancel-on-disconnect", Default = "false", Group = OptionGroup.Timeouts,
            Help = "Stop a WSGI request when its client leaves, by an exception in its thread. (ASGI applications hear of it by receive().)",
            Bind = Switch(static (o, v) => o with { CancelOnDisconnect = v }),
        },
    ];
}
