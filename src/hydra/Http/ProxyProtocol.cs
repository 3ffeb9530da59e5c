using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using System.Net;
using Hydra.Primitives;
using Hydra.Transport;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace Hydra.Http;

/// <summary>
/// Hears what proxies say of their connections before anything else reads them, TLS included. Proxies that are allowed have to say it, others must
/// not: who is not sure would take a client's word for a proxy's. Any thread.
/// </summary>
/// <param name="versions">Versions of the protocol that are spoken.</param>
/// <param name="allowed">The proxies.</param>
/// <param name="limit">How long it may take; zero for ever.</param>
/// <param name="logger">Where refusals are said, at most one a second.</param>
internal sealed class ProxyProtocol(ProxyVersions versions, PeerList allowed, TimeSpan limit, ILogger logger)
{
    private readonly LogThrottle _throttle = new(TimeSpan.FromSeconds(1), TimeProvider.System);

    /// <summary>Adds it to an endpoint, before all that reads connections.</summary>
    public void ListenAt(ListenOptions endpoint) => endpoint.Use(next => async context =>
    {
        if (context.RemoteEndPoint is ProxiedEndPoint or ProxiedNameless || await TakeAsync(context).ConfigureAwait(false))
        {
            await next(context).ConfigureAwait(false);
        }
    });

    /// <summary>Reads it, and gives the connection the client that it names.</summary>
    /// <returns>Whether the connection goes on.</returns>
    public async Task<bool> TakeAsync(ConnectionContext context)
    {
        bool isAllowed = allowed.Contains(context.RemoteEndPoint, context.LocalEndPoint);
        using var late = new CancellationTokenSource();
        if (limit > TimeSpan.Zero)
        {
            late.CancelAfter(limit);
        }

        using CancellationTokenRegistration onLate = late.Token.UnsafeRegister(static state => ((ConnectionContext)state!).Abort(), context);
        CancellationToken stopping = context.Features.Get<IConnectionLifetimeNotificationFeature>()?.ConnectionClosedRequested ?? default;
        using CancellationTokenRegistration onStop = stopping.UnsafeRegister(static state => ((ConnectionContext)state!).Abort(), context);
        try
        {
            return await ReadAsync(context, isAllowed).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ConnectionAbortedException)
        {
            if (late.IsCancellationRequested)
            {
                Refuse(context, "its PROXY header did not come in time");
            }

            return false;
        }
    }

    private async Task<bool> ReadAsync(ConnectionContext context, bool isAllowed)
    {
        PipeReader input = context.Transport.Input;
        while (true)
        {
            ReadResult result = await input.ReadAsync(context.ConnectionClosed).ConfigureAwait(false);
            ReadOnlySequence<byte> buffer = result.Buffer;
            PreambleStatus status = Read(buffer, out ProxyPreamble preamble, out int length);
            if (status is PreambleStatus.Incomplete && !result.IsCompleted && !result.IsCanceled)
            {
                input.AdvanceTo(buffer.Start, buffer.End);
                continue;
            }

            // Whoever connects and says nothing only looks whether somebody listens.
            string? fault = buffer.IsEmpty ? "" : FaultOf(status, isAllowed);
            input.AdvanceTo(buffer.GetPosition(fault is null && status is PreambleStatus.Complete ? length : 0));
            if (fault is not null)
            {
                Refuse(context, fault);
                return false;
            }

            if (status is PreambleStatus.Complete)
            {
                Believe(context, preamble);
            }

            return true;
        }
    }

    private PreambleStatus Read(in ReadOnlySequence<byte> buffer, out ProxyPreamble preamble, out int length)
    {
        if (buffer.IsSingleSegment)
        {
            return ProxyPreamble.Read(buffer.FirstSpan, versions, out preamble, out length);
        }

        return ProxyPreamble.Read(buffer.Slice(0, Math.Min(buffer.Length, ProxyPreamble.MostBytes)).ToArray(), versions, out preamble, out length);
    }

    private static string? FaultOf(PreambleStatus status, bool isAllowed) => (status, isAllowed) switch
    {
        (PreambleStatus.Complete, true) or (PreambleStatus.Missing, false) => null,
        (PreambleStatus.Incomplete, false) => null,
        (PreambleStatus.Missing, true) => "it has no PROXY header, which proxies of --proxy-allow-from have to send",
        (PreambleStatus.Incomplete, true) => "its PROXY header breaks off",
        (_, false) => "it has a PROXY header, and is not among the proxies of --proxy-allow-from",
        _ => "its PROXY header breaks the rules, or is of a version that --proxy-protocol does not allow",
    };

    private static void Believe(ConnectionContext context, in ProxyPreamble preamble)
    {
        if (preamble.Source is { } source)
        {
            context.RemoteEndPoint = new ProxiedEndPoint(source.Address, source.Port, preamble.IsTls);
            context.LocalEndPoint = preamble.Destination;
        }
        else
        {
            context.RemoteEndPoint = context.RemoteEndPoint is IPEndPoint ip ? new ProxiedEndPoint(ip.Address, ip.Port, preamble.IsTls) : new ProxiedNameless();
        }
    }

    private void Refuse(ConnectionContext context, string fault)
    {
        if (fault.Length > 0 && _throttle.TryPass(out long others))
        {
            HttpLog.ProxyRefused(
                logger, context.RemoteEndPoint is IPEndPoint ip ? ip.ToString() : "unix", fault, others == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $" {others} more before."));
        }
    }
}
