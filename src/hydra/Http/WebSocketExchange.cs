using System.Text;
using Hydra.Dispatch;
using Hydra.Protocol;
using Hydra.Topics;
using Hydra.Workers.Links;

namespace Hydra.Http;

/// <summary>
/// A request for a WebSocket, and the session that comes of it. Until the application accepts it is as any other request without a body: it
/// waits, is sent again, and may be answered by a response, which denies the session. From then on messages go both ways.
/// </summary>
internal sealed class WebSocketExchange : ResumableSession, ITopicTarget
{
    // The client's side of the session is over: its worker was told to end it, or is told in the end.
    private const string Over = "the session is over";

    private volatile StreamTopics? _topics;
    private int _lane;

    // Under the lock.
    private long _bytes;

    /// <summary>Makes an exchange for one request.</summary>
    /// <param name="forwarder">Who sends it.</param>
    /// <param name="bodies">Windows and memory of its application.</param>
    /// <param name="sessions">What holds for sessions.</param>
    public WebSocketExchange(RequestForwarder forwarder, BodyResources bodies, WebSocketSession sessions)
        : base(forwarder, bodies, sessions)
    {
    }

    /// <inheritdoc/>
    public override long BytesReceived => IsAccepted ? Volatile.Read(ref _bytes) : base.BytesReceived;

    /// <inheritdoc/>
    protected override bool IsResponse => !IsAccepted;

    /// <inheritdoc/>
    public int Lane => _lane;

    /// <inheritdoc/>
    public override StateStatus? OnSubscribe(ulong id, in SubscribeMessage message, out TopicConfirmation? awaited)
    {
        awaited = null;
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

        return _topics.Apply(message, out awaited);
    }

    /// <inheritdoc/>
    public void Deliver(Subscription subscription, TopicMessage message)
    {
        Offered outcome = Output.Offer(subscription, message);
        if (outcome is Offered.Taken)
        {
            Metrics?.AddOut(message.Data.Length, isLast: true);
            return;
        }

        _topics?.Counts.OnDropped();
        if (outcome is Offered.TooSlow && IsAccepted)
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
        bool isMoving;
        lock (Lock)
        {
            id = Id;
            link = StateOf(id) is ExchangeState.Streaming ? Link : null;
            isMoving = EndResumption();
            if (link is not null)
            {
                BreakOff(end.Code is SessionEnd.Lost ? Failure.ClientGone : Failure.None, Over);
            }
        }

        if (isMoving)
        {
            Abandon(Failure.ClientGone, CancelReason.ClientLeft, Over);
        }

        link?.CloseSession(id, end.Code, end.Reason.Span);
    }

    /// <inheritdoc/>
    public override void OnClientGone()
    {
        if (IsAccepted)
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
        if (!IsAccepted)
        {
            OnClientGone();
        }
    }

    /// <inheritdoc/>
    public override bool OnAccept(ulong id, in AcceptMessage accept)
    {
        string? rule;
        string? subprotocol = null;
        bool isAgain;
        bool differs = false;
        lock (Lock)
        {
            ExchangeState state = StateOf(id);
            if (state is not ExchangeState.Sent)
            {
                return state is not ExchangeState.Streaming;
            }

            isAgain = IsMoving;
            if (isAgain)
            {
                differs = !accept.Headers.IsEmpty || Encoding.Latin1.GetString(accept.Subprotocol) != (Subprotocol ?? "");
                Begin(isWhole: false);
                EndMove();
            }

            rule = isAgain ? null : ResponseHead.TryAccept(Context.Http.Response, accept, out subprotocol);
            if (rule is null && !isAgain)
            {
                Subprotocol = subprotocol;
                IsAccepted = true;
                Context.Trace.Trace?.OnAccepted();
                Begin(isWhole: false);
            }
            else if (rule is not null)
            {
                BreakOff(Failure.BadResponse, rule);
            }
        }

        if (rule is null)
        {
            Link!.BecomeSession(id);
            if (isAgain)
            {
                GoOn(differs);
            }

            LeaveIfDue(id);
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
            if (state is not ExchangeState.Streaming || !IsAccepted)
            {
                return state is ExchangeState.Ended;
            }

            if (!TryTakeCredit(data.Length))
            {
                return false;
            }

            _bytes += data.Length;
            if (Resumption is { } own)
            {
                own.IsWithin = (flags & FrameFlags.More) != 0;
                own.Sent += own.IsWithin ? 0U : 1;
            }
        }

        Metrics?.AddOut(data.Length, isLast: (flags & FrameFlags.More) == 0);
        Output.Add(data, flags);
        return true;
    }

    /// <inheritdoc/>
    public override bool OnClose(ulong id, in CloseMessage close)
    {
        bool isMoving;
        lock (Lock)
        {
            ExchangeState state = StateOf(id);
            isMoving = IsMoving;
            if ((state is not ExchangeState.Streaming && !(isMoving && state is ExchangeState.Sent)) || !IsAccepted)
            {
                return state is ExchangeState.Ended;
            }

            EndResumption();
            Complete();
        }

        EndTopics();
        Input.Stop();
        Output.Close(close.Code, close.Reason);
        if (isMoving)
        {
            Answer(ExchangeResult.Failed);
        }

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
        if (!IsAccepted)
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
            bool isAnothers = failure is Failure.WorkerLost && Resumption is not { IsConvicted: true };
            Output.Close(isAnothers ? SessionEnd.ServiceRestart : SessionEnd.InternalError, []);
        }
    }

    // It takes less than its topics have, and wants to be closed then: it comes again, and sees what there is.
    private void OnTooSlow()
    {
        WorkerLink? link;
        ulong id;
        bool isMoving;
        lock (Lock)
        {
            id = Id;
            link = StateOf(id) is ExchangeState.Streaming ? Link : null;
            isMoving = EndResumption();
            if (link is null && !isMoving)
            {
                return;
            }

            if (link is not null)
            {
                BreakOff(Failure.None, Over);
            }
        }

        if (isMoving)
        {
            Abandon(Failure.None, CancelReason.ClientLeft, Over);
        }

        EndTopics();
        Input.Stop();
        Output.Break(SessionEnd.TryAgainLater);
        link?.CloseSession(id, SessionEnd.TryAgainLater, "too slow for a topic"u8);
    }
}
