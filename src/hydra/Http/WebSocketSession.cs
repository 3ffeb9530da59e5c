using System.IO.Pipelines;
using Hydra.Diagnostics;
using Hydra.Primitives;
using Microsoft.AspNetCore.Http.Features;

namespace Hydra.Http;

/// <summary>Runs accepted sessions: answers the handshake, then messages go both ways until one side closes.</summary>
/// <param name="options">What holds for them.</param>
/// <param name="metrics">Counts their messages; null where nobody wants to know.</param>
internal sealed class WebSocketSession(SessionBounds options, SessionMetrics? metrics = null)
{
    /// <summary>What holds for them.</summary>
    public SessionBounds Options => options;

    /// <summary>Counts their messages.</summary>
    public SessionMetrics? Metrics => metrics;

    /// <summary>Runs a session to its end. Its connection, or its stream of one, serves nothing after that.</summary>
    public async Task RunAsync(RequestContext context, WebSocketExchange exchange)
    {
        HttpContext http = context.Http;
        IDuplexPipe transport;
        bool deflates;
        try
        {
            context.Connection.OnUpgraded();
            deflates = WebSocketHandshake.Answer(http, exchange.Subprotocol, options.Deflates);
            transport = await OpenAsync(context).ConfigureAwait(false);
        }
        catch (Exception e) when (SessionEnd.IsOver(e))
        {
            // It has left, and there is nobody to tell.
            exchange.OnClientClosed(new SessionEnd(SessionEnd.Lost));
            exchange.Output.Stop();
            return;
        }

        var wire = new SessionWire(transport.Output);
        using var timer = new SessionTimer(exchange.Input, wire, options, http.Abort);
        SessionEnd end = await TalkAsync(exchange, transport.Input, wire, deflates, timer).ConfigureAwait(false);
        if (end.Code != SessionEnd.Lost)
        {
            timer.BeginClosing();
            await AnswerAsync(wire, end).ConfigureAwait(false);

            // The client is to see it, whatever it still sends: a connection that is closed before that is read would be reset. A stream is ended in its order.
            if (!context.Connection.IsMultiplexed && !context.Connection.AbortInOrder() && !end.IsClose)
            {
                await DropAsync(transport.Input).ConfigureAwait(false);
            }
        }
    }

    private static async Task<SessionEnd> TalkAsync(WebSocketExchange exchange, PipeReader input, SessionWire wire, bool deflates, SessionTimer timer)
    {
        var end = new SessionEnd(SessionEnd.Lost);
        try
        {
            exchange.ReleaseRequest();
            exchange.Output.Attach(wire, deflates, timer.BeginClosing);
            end = await exchange.Input.RunAsync(input, wire, deflates).ConfigureAwait(false);
        }
        catch (Exception e) when (SessionEnd.IsOver(e))
        {
            // It has left, and there is nobody to tell.
        }
        finally
        {
            exchange.EndTopics();
            exchange.OnClientClosed(end);
            exchange.Output.Stop();
        }

        return end;
    }

    // Answers the handshake: what follows are the session's own bytes.
    private static async ValueTask<IDuplexPipe> OpenAsync(RequestContext context)
    {
        if (!context.Connection.IsMultiplexed)
        {
            await context.Http.Features.GetRequiredFeature<IHttpUpgradeFeature>().UpgradeAsync().ConfigureAwait(false);
            return context.Connection.Transport;
        }

        Stream stream = await context.Http.Features.GetRequiredFeature<IHttpExtendedConnectFeature>().AcceptAsync().ConfigureAwait(false);
        return new DuplexPipe(PipeReader.Create(stream, new StreamPipeReaderOptions(leaveOpen: true)), PipeWriter.Create(stream, new StreamPipeWriterOptions(leaveOpen: true)));
    }

    private static async Task DropAsync(PipeReader input)
    {
        try
        {
            ReadResult read;
            do
            {
                read = await input.ReadAsync(CancellationToken.None).ConfigureAwait(false);
                input.AdvanceTo(read.Buffer.End);
            }
            while (!read.IsCompleted);
        }
        catch (Exception e) when (SessionEnd.IsOver(e))
        {
            // It has left.
        }
    }

    // The client has closed, and gets its own code back (RFC 6455, section 5.5.1), or is told what is wrong. Not where it was the one to answer.
    private static async Task AnswerAsync(SessionWire wire, SessionEnd end)
    {
        try
        {
            await wire.CloseAsync(end.Code, end.Reason.Span).ConfigureAwait(false);
        }
        catch (Exception e) when (SessionEnd.IsOver(e))
        {
            // It has left meanwhile.
        }
    }
}
