using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Hydra.Http;

/// <summary>
/// HTTP/2 without TLS beside HTTP/1.1 (RFC 9113, section 3.3): a client that knows that it is spoken begins with a preface that no request of HTTP/1.1
/// can be. Kestrel takes an endpoint without TLS for one version alone; which one can be chosen for a single connection.
/// </summary>
internal static class PriorKnowledge
{
    private static readonly Spoken Marker = new();

    private static ReadOnlySpan<byte> Preface => "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8;

    /// <summary>Looks at what a connection begins with.</summary>
    /// <returns>Whether that is the preface; null as long as it may become it.</returns>
    public static bool? IsPreface(in ReadOnlySequence<byte> data)
    {
        Span<byte> first = stackalloc byte[24];
        int length = (int)Math.Min(data.Length, first.Length);
        data.Slice(0, length).CopyTo(first);
        return !Preface.StartsWith(first[..length]) ? false : length == first.Length ? true : null;
    }

    /// <summary>Whether a connection has begun with the preface.</summary>
    public static bool IsSpokenOn(ConnectionContext connection) => connection.Features.Get<Spoken>() is not null;

    /// <summary>Has the connections of an endpoint of HTTP/1.1 looked at, before <see cref="ClientConnectionMiddleware"/>.</summary>
    /// <param name="endpoint">The endpoint.</param>
    /// <param name="connections">Knows of those that are looked at.</param>
    /// <param name="patience">How long a connection may be open before it is clear what it begins with; then it is aborted.</param>
    /// <param name="time">For the patience.</param>
    public static void UsePriorKnowledge(this ListenOptions endpoint, ClientConnections connections, TimeSpan patience, TimeProvider time) => endpoint.Use(next => async context =>
    {
        bool isPreface;
        connections.BeginArriving();
        try
        {
            isPreface = await HasPrefaceAsync(context, patience, time).ConfigureAwait(false);
        }
        catch (Exception e) when (SessionEnd.IsOver(e))
        {
            // It has left without a word.
            return;
        }
        finally
        {
            connections.EndArriving();
        }

        if (isPreface)
        {
            context.Features.Set(Marker);
            object chosen = Choose(HttpProtocols.Http2);
            context.Features[chosen.GetType()] = chosen;
        }

        await next(context).ConfigureAwait(false);
    });

    private static async ValueTask<bool> HasPrefaceAsync(ConnectionContext context, TimeSpan patience, TimeProvider time)
    {
        PipeReader input = context.Transport.Input;
        if (input.TryRead(out ReadResult read) && Look(input, read) is { } known)
        {
            return known;
        }

        // Kestrel, whose affair both are later, does not have the connection yet: it may be idle for so long, and a server that stops waits for nothing to come.
        using ITimer timer = time.CreateTimer(static state => ((ConnectionContext)state!).Abort(), context, patience, Timeout.InfiniteTimeSpan);
        CancellationToken closing = context.Features.Get<IConnectionLifetimeNotificationFeature>()?.ConnectionClosedRequested ?? CancellationToken.None;
        using CancellationTokenRegistration registration = closing.UnsafeRegister(static state => ((PipeReader)state!).CancelPendingRead(), input);
        bool? isPreface;
        do
        {
            isPreface = Look(input, await input.ReadAsync(CancellationToken.None).ConfigureAwait(false));
        }
        while (isPreface is null);

        return isPreface.Value;
    }

    // What has come stays for who reads next.
    private static bool? Look(PipeReader input, in ReadResult read)
    {
        bool? isPreface = IsPreface(read.Buffer);
        bool isOver = read.IsCompleted || read.IsCanceled;
        input.AdvanceTo(read.Buffer.Start, isPreface is null && !isOver ? read.Buffer.End : read.Buffer.Start);
        return isPreface ?? (isOver ? false : null);
    }

    // What Kestrel's own TLS chooses the versions of a connection with. Internal: a test starts a server and speaks both.
    [UnsafeAccessor(UnsafeAccessorKind.Constructor)]
    [return: UnsafeAccessorType("Microsoft.AspNetCore.Server.Kestrel.Core.Internal.HttpProtocolsFeature, Microsoft.AspNetCore.Server.Kestrel.Core")]
    private static extern object Choose(HttpProtocols protocols);

    // Marks such a connection.
    private sealed class Spoken;
}
