using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using Hydra.Dispatch;
using Hydra.Primitives;
using Hydra.Transport;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Hydra.Http;

/// <summary>
/// Speaks the uwsgi protocol with proxies: each connection has one request, whose packet becomes a head of HTTP, and all that follows sees nothing
/// else. What is not as it should be is answered with a status, which proxies pass on. Any thread.
/// </summary>
/// <param name="allowed">Who may speak it: it says who the client is.</param>
/// <param name="limit">How long the packet may take; zero for ever.</param>
/// <param name="refused">Told of each connection that is refused: whose it is, why, and in which words.</param>
internal sealed class UwsgiProtocol(PeerList allowed, TimeSpan limit, Action<string, Failure, string> refused)
{
    /// <summary>Adds it to an endpoint, before all that reads requests and behind TLS.</summary>
    public void ListenAt(ListenOptions endpoint) => endpoint.Use(next => async context =>
    {
        if (await TakeAsync(context).ConfigureAwait(false))
        {
            await next(context).ConfigureAwait(false);
        }
    });

    /// <summary>Reads the packet, and puts the head in its place.</summary>
    /// <returns>Whether the connection goes on.</returns>
    public async Task<bool> TakeAsync(ConnectionContext context)
    {
        (Failure Failure, string Text) fault;
        using (var late = new CancellationTokenSource())
        {
            if (limit > TimeSpan.Zero)
            {
                late.CancelAfter(limit);
            }

            CancellationToken stopping = context.Features.Get<IConnectionLifetimeNotificationFeature>()?.ConnectionClosedRequested ?? default;
            using CancellationTokenRegistration onStop = stopping.UnsafeRegister(static state => ((ConnectionContext)state!).Abort(), context);
            try
            {
                fault = allowed.Contains(context.RemoteEndPoint, context.LocalEndPoint)
                    ? await ReadAsync(context, late.Token).ConfigureAwait(false)
                    : (Failure.NotAProxy, Failure.NotAProxy.Rule().Text);
            }
            catch (OperationCanceledException e) when (late.IsCancellationRequested && e is not ConnectionAbortedException)
            {
                fault = (Failure.HeadTooSlow, "its uwsgi packet did not come in time");
            }
            catch (Exception e) when (SessionEnd.IsOver(e))
            {
                fault = (Failure.ClientGone, "");
            }
        }

        if (fault.Failure is Failure.None)
        {
            return true;
        }

        if (fault.Failure is not Failure.ClientGone)
        {
            refused(context.RemoteEndPoint is IPEndPoint ip ? ip.ToString() : "unix", fault.Failure, fault.Text);
            try
            {
                await ConnectionRefusal.SayAsync(context, ConnectionRefusal.Answer(fault.Failure.Rule())).ConfigureAwait(false);
            }
            catch (Exception e) when (SessionEnd.IsOver(e))
            {
                // It has left.
            }
        }

        return false;
    }

    private static async Task<(Failure Failure, string Text)> ReadAsync(ConnectionContext context, CancellationToken late)
    {
        PipeReader input = context.Transport.Input;
        while (true)
        {
            ReadResult result = await input.ReadAsync(late).ConfigureAwait(false);
            ReadOnlySequence<byte> buffer = result.Buffer;
            if (buffer.IsEmpty && result.IsCompleted)
            {
                // Whoever connects and says nothing only looks whether somebody listens.
                return (Failure.ClientGone, "");
            }

            UwsgiStatus status = Read(buffer, out int length);
            if (status is UwsgiStatus.Incomplete && !result.IsCompleted)
            {
                input.AdvanceTo(buffer.Start, buffer.End);
                continue;
            }

            byte[] packet = status is UwsgiStatus.Complete ? buffer.Slice(0, length).ToArray() : [];
            input.AdvanceTo(buffer.GetPosition(packet.Length));
            return status switch
            {
                UwsgiStatus.Complete => Take(context, packet),
                UwsgiStatus.Incomplete => (Failure.BadPacket, "its uwsgi packet breaks off"),
                UwsgiStatus.Http => (Failure.BadPacket, "it seems to speak HTTP at an address for the uwsgi protocol"),
                _ => (Failure.BadPacket, "it is no uwsgi packet, or one with a modifier that is not served"),
            };
        }
    }

    private static UwsgiStatus Read(in ReadOnlySequence<byte> buffer, out int length)
    {
        Span<byte> header = stackalloc byte[UwsgiPacket.HeaderSize];
        int count = (int)Math.Min(buffer.Length, header.Length);
        buffer.Slice(0, count).CopyTo(header);
        return UwsgiPacket.Read(header[..count], buffer.Length, out length);
    }

    private static (Failure Failure, string Text) Take(ConnectionContext context, ReadOnlySpan<byte> packet)
    {
        if (UwsgiRequest.Read(packet, out UwsgiRequest? request) is { } problem)
        {
            return (Failure.BadPacket, "its uwsgi packet " + problem);
        }

        context.Features.Set(request!);
        context.RemoteEndPoint = request!.Client is { } client
            ? new ProxiedEndPoint(client.Address, client.Port, request.Scheme == "https")
            : new ProxiedNameless();
        context.Transport = new DuplexPipe(new PrefixedReader(request.Head, context.Transport.Input), context.Transport.Output);
        return (Failure.None, "");
    }
}
