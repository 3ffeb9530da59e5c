using System.Buffers;
using Hydra.Diagnostics;
using Hydra.Dispatch;
using Hydra.Protocol;
using Hydra.Topics;
using Hydra.Workers.Links;

namespace Hydra.Http;

/// <summary>
/// A request for a WebSocket, and the session that comes of it. Until the application accepts it is as any other request without a body: it
/// waits, is sent again, and may be answered by a response, which denies the session. From then on messages go both ways.
/// </summary>
internal sealed class WebSocketExchange : HttpExchange, ITopicTarget
{
    // The client's side of the session is over: its worker was told to end it, or is told in the end.
    private const string Over = "the session is over";

    private readonly int _window;
    private readonly SessionMetrics? _metrics;
    private bool _isAccepted;
    private volatile StreamTopics? _topics;
    private int _lane;

    // Bytes that the worker may still send, and those that the client has taken since it was told so last. Under the lock.
    private long _credit;
    private long _taken;
    private long _bytes;

    /// <summary>Makes an exchange for one request.</summary>
    /// <param name="forwarder">Who sends it.</param>
    /// <param name="bodies">Windows and memory of its application.</param>
    /// <param name="sessions">What holds for sessions.</param>
    public WebSocketExchange(RequestForwarder forwarder, BodyResources bodies, WebSocketSession sessions)
        : base(forwarder, bodies, FrameFlags.Session)
    {
        _metrics = sessions.Metrics;
        _window = bodies.Options.ResponseWindow;
        _credit = _window;
        Input = new SessionInput(SendData, sessions.Options.MaxMessage, bodies.Options.RequestWindow, bodies.Memory);
        Output = new SessionOutput(OnTaken);
    }

    /// <summary>From the client to the application.</summary>
    public SessionInput Input { get; }

    /// <summary>From the application to the client.</summary>
    public SessionOutput Output { get; }

    /// <summary>Whether the application has accepted it.</summary>
    public bool IsAccepted => _isAccepted;

    /// <summary>The subprotocol that the application has chosen; null where it has chosen none.</summary>
    public string? Subprotocol { get; private set; }

    /// <inheritdoc/>
    public override long BytesReceived => _isAccepted ? Volatile.Read(ref _bytes) : base.BytesReceived;

    /// <inheritdoc/>
    protected override bool IsResponse => !_isAccepted;

    /// <inheritdoc/>
    public int Lane => _lane;

    /// <inheritdoc/>
    public override StateStatus? OnSubscribe(ulong id, in SubscribeMessage message)
    {
        lock (Lock)
        {
            if (StateOf(id) is ExchangeState.Ended)
            {
                return StateStatus.Missing;
            }

            if (_topics is null)
            {
                if (Link!.Worker.Topics is not { } access)
                {
                    return StateStatus.Off;
                }

                _lane = Context.Connection.Loop;
                _topics = new StreamTopics(access, this);
            }
        }

        return _topics.Apply(message);
    }

    /// <inheritdoc/>
    public void Deliver(Subscription subscription, TopicMessage message)
    {
        Offered outcome = Output.Offer(subscription, message);
        if (outcome is Offered.Taken)
        {
            _metrics?.AddOut(message.Data.Length, isLast: true);
            return;
        }

        _topics?.Counts.OnDropped();
        if (outcome is Offered.TooSlow && _isAccepted)
        {
            OnTooSlow();
        }
    }

    /// <inheritdoc/>
    public override void EndTopics() => _topics?.End();

    /// <summary>The client ends the session, or breaks a rule: the application is told so.</summary>
    public void OnClientClosed(SessionEnd end)
    {
        WorkerLink? link;
        ulong id;
        lock (Lock)
        {
            id = Id;
            link = StateOf(id) is ExchangeState.Streaming ? Link : null;
            if (link is not null)
            {
                BreakOff(end.Code is SessionEnd.Lost ? Failure.ClientGone : Failure.None, Over);
            }
        }

        link?.CloseSession(id, end.Code, end.Reason.Span);
    }

    /// <inheritdoc/>
    public override void OnClientGone()
    {
        if (_isAccepted)
        {
            // Who reads the session finds its end, behind what came before it, and the application hears of that.
            Input.Lose();
        }
        else
        {
            base.OnClientGone();
        }
    }

    /// <inheritdoc/>
    public override void OnClientFinished()
    {
        // Who reads a session finds it behind what was sent before.
        if (!_isAccepted)
        {
            OnClientGone();
        }
    }

    /// <inheritdoc/>
    public override bool OnAccept(ulong id, in AcceptMessage accept)
    {
        string? rule;
        lock (Lock)
        {
            ExchangeState state = StateOf(id);
            if (state is not ExchangeState.Sent)
            {
                return state is not ExchangeState.Streaming;
            }

            rule = ResponseHead.TryAccept(Context.Http.Response, accept, out string? subprotocol);
            if (rule is null)
            {
                Subprotocol = subprotocol;
                _isAccepted = true;
                Context.Trace.Trace?.OnAccepted();
                Begin(isWhole: false);
            }
            else
            {
                BreakOff(Failure.BadResponse, rule);
            }
        }

        if (rule is null)
        {
            Link!.BecomeSession(id);
            Answer(ExchangeResult.Accepted);
        }
        else
        {
            Link!.Cancel(id, CancelReason.FrontError);
            Answer(ExchangeResult.Failed);
        }

        return true;
    }

    /// <inheritdoc/>
    public override bool OnData(ulong id, FrameFlags flags, ReadOnlySpan<byte> data)
    {
        lock (Lock)
        {
            ExchangeState state = StateOf(id);
            if (state is not ExchangeState.Streaming || !_isAccepted)
            {
                return state is ExchangeState.Ended;
            }

            _credit -= data.Length + ProtocolLimits.DataCost;
            if (_credit < 0)
            {
                return false;
            }

            _bytes += data.Length;
        }

        _metrics?.AddOut(data.Length, isLast: (flags & FrameFlags.More) == 0);
        Output.Add(data, flags);
        return true;
    }

    /// <inheritdoc/>
    public override bool OnClose(ulong id, in CloseMessage close)
    {
        lock (Lock)
        {
            ExchangeState state = StateOf(id);
            if (state is not ExchangeState.Streaming || !_isAccepted)
            {
                return state is ExchangeState.Ended;
            }

            Complete();
        }

        EndTopics();
        Input.Stop();
        Output.Close(close.Code, close.Reason);
        return true;
    }

    /// <inheritdoc/>
    public override bool OnWindow(ulong id, uint credit)
    {
        lock (Lock)
        {
            if (StateOf(id) is ExchangeState.Ended)
            {
                return true;
            }
        }

        return Input.Grant(credit);
    }

    /// <inheritdoc/>
    protected override void OnBrokenOff(Failure failure, string message)
    {
        EndTopics();
        if (!_isAccepted)
        {
            base.OnBrokenOff(failure, message);
            return;
        }

        Input.Stop();
        if (failure is Failure.ClientGone)
        {
            Output.Stop();
        }
        else
        {
            // RFC 6455, section 7.4.1, and "Service Restart" of its registry: another worker takes who comes again.
            Output.Close((ushort)(failure is Failure.WorkerLost ? 1012 : 1011), []);
        }
    }

    // It takes less than its topics have, and wants to be closed then: it comes again, and sees what there is.
    private void OnTooSlow()
    {
        WorkerLink? link;
        ulong id;
        lock (Lock)
        {
            id = Id;
            link = StateOf(id) is ExchangeState.Streaming ? Link : null;
            if (link is null)
            {
                return;
            }

            BreakOff(Failure.None, Over);
        }

        EndTopics();
        Input.Stop();
        Output.Break(SessionEnd.TryAgainLater);
        link.CloseSession(id, SessionEnd.TryAgainLater, "too slow for a topic"u8);
    }

    private void SendData(in ReadOnlySequence<byte> data, FrameFlags flags)
    {
        _metrics?.AddIn(data.Length, isLast: (flags & FrameFlags.More) == 0);
        Link!.SendData(Id, data, flags);
    }

    // The client's connection has taken a message: the worker may send as much again, when that is half of all that it may.
    private void OnTaken(int cost)
    {
        uint credit = 0;
        WorkerLink? link;
        ulong id;
        lock (Lock)
        {
            id = Id;
            link = Link;
            _taken += cost;
            if (_taken * 2 >= _window && StateOf(id) is ExchangeState.Streaming)
            {
                credit = (uint)_taken;
                _credit += _taken;
                _taken = 0;
            }
        }

        if (credit > 0)
        {
            link!.SendWindow(id, credit);
        }
    }
}
