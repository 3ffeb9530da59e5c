using System.IO.Pipelines;
using Hydra.Dispatch;
using Hydra.Primitives;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace Hydra.Http;

/// <summary>Gives each connection of an endpoint its <see cref="ClientConnection"/>.</summary>
internal static class ClientConnectionMiddleware
{
    // After it has closed, for what its streams still do.
    private static readonly TimeSpan EndTime = TimeSpan.FromSeconds(5);

    // For a client that takes nothing of what is left for it when its connection is over.
    private static readonly TimeSpan LastTime = TimeSpan.FromSeconds(60);

    /// <summary>Adds the middleware to an endpoint, whose protocols are chosen before.</summary>
    /// <param name="endpoint">The endpoint.</param>
    /// <param name="connections">Where its connections are kept while they are open.</param>
    /// <param name="handler">What handles their requests.</param>
    /// <param name="rules">What holds for them; null for what holds where nothing is said.</param>
    public static void UseClientConnection(
        this ListenOptions endpoint, ClientConnections connections, RequestHandler handler, ConnectionRules? rules = null) => endpoint.Use(next =>
    {
        rules ??= new ConnectionRules();
        return async context =>
        {
            bool isMultiplexed = IsMultiplexed(endpoint, context);
            using var connection = new ClientConnection(context, isMultiplexed, handler, rules.LimitField, rules.Memory, rules.Quick) { LimitRequests = rules.LimitRequests, Ends = rules.Ends };
            connections.Add(connection, rules.IsTls);
            context.Features.Set(connection);
            try
            {
                await (isMultiplexed ? ServeWatchedAsync(next, context, connection, rules) : next(context)).ConfigureAwait(false);
            }
            finally
            {
                connections.Remove(connection, rules.IsTls);
            }
        };
    });

    // Where both are spoken, the handshake has chosen, or the client's first bytes.
    private static bool IsMultiplexed(ListenOptions endpoint, ConnectionContext context)
        => PriorKnowledge.IsSpokenOn(context) || (endpoint.Protocols is not HttpProtocols.Http1
            && (endpoint.Protocols is HttpProtocols.Http2
                || (context.Features.Get<ITlsApplicationProtocolFeature>() is { } chosen && chosen.ApplicationProtocol.Span.SequenceEqual("h2"u8))));

    // A stream whose frames did not get into Kestrel's full queue is never over for Kestrel, and neither is its connection: a server that stops would wait for it.
    private static async Task ServeWatchedAsync(ConnectionDelegate next, ConnectionContext context, ClientConnection connection, ConnectionRules rules)
    {
        using var windows = new StreamWindows(rules.SendTimeout, rules.Time);
        connection.Windows = windows;
        var watch = new FrameWatch(rules.MaxStreams, rules.Time, windows);
        var output = new GatheredOutput(context.Transport.Output, GatheredOutput.PoolOf(context), new SentFrames(windows));
        context.Transport = new DuplexPipe(
            new WatchedReader(context.Transport.Input, watch, () => rules.Refused(context.RemoteEndPoint?.ToString() ?? "", Failure.Flooded)), output.Writer);
        Task served = ServeAsync(next, context, output, rules.Time);
        var closed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using CancellationTokenRegistration registration = context.ConnectionClosed.UnsafeRegister(static state => ((TaskCompletionSource)state!).TrySetResult(), closed);
        await Task.WhenAny(served, closed.Task).ConfigureAwait(false);
        while (!served.IsCompleted)
        {
            await Task.WhenAny(served, Task.Delay(EndTime, rules.Time, CancellationToken.None)).ConfigureAwait(false);
            if (!served.IsCompleted && connection.IsIdle)
            {
                return;
            }
        }

        await served.ConfigureAwait(false);
    }

    private static async Task ServeAsync(ConnectionDelegate next, ConnectionContext context, GatheredOutput output, TimeProvider time)
    {
        try
        {
            await next(context).ConfigureAwait(false);
        }
        finally
        {
            Task sent = output.EndAsync();
            try
            {
                await sent.WaitAsync(LastTime, time).ConfigureAwait(false);
            }
            catch (TimeoutException)
            {
                context.Abort(new ConnectionAbortedException("The client has taken nothing for too long."));
                await sent.ConfigureAwait(false);
            }
        }
    }
}
