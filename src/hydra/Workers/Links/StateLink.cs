using System.Buffers;
using Hydra.Jobs;
using Hydra.Protocol;
using Hydra.State;
using Hydra.Topics;
using Hydra.Transport;

namespace Hydra.Workers.Links;

/// <summary>A link on which a process of an application uses the shared state. Calls are done in the order in which they come; what takes its time holds up none.</summary>
internal sealed class StateLink : ILinkSink, IStateCaller
{
    // Who has asked for more than this and does not read it is not going to.
    private const int MostUnread = 256 * 1024 * 1024;

    private readonly LinkChannel _channel;
    private readonly IStateStore? _store;
    private readonly TopicAccess? _topics;
    private readonly HandoverAccess? _handover;
    private readonly JobSeat? _jobs;
    private readonly long _longest;
    private readonly StateOwner _owner;
    private readonly Action<StateLink> _closed;

    // The parts of a value that has not come whole. The reading side's.
    private ArrayBufferWriter<byte>? _parts;
    private uint _partsOf;
    private bool _isTooLarge;

    /// <summary>Makes the link; <see cref="Start"/> begins to read.</summary>
    /// <param name="channel">The connected channel, its handshake done.</param>
    /// <param name="store">Values, counters, locks; null where they are switched off.</param>
    /// <param name="topics">Publishing and subscribing; null where that is switched off.</param>
    /// <param name="handover">What workers give to those that take their place; null where none does.</param>
    /// <param name="jobs">What is left for other processes to do; null where nothing is.</param>
    /// <param name="owner">The process.</param>
    /// <param name="closed">Called once when the link has closed.</param>
    public StateLink(
        LinkChannel channel, IStateStore? store, TopicAccess? topics, HandoverAccess? handover, JobSeat? jobs, StateOwner owner, Action<StateLink> closed)
    {
        _channel = channel;
        _store = store;
        _topics = topics;
        _handover = handover;
        _jobs = jobs;
        _longest = Math.Max(Math.Max(store?.MaxValue ?? 0, topics?.Hub.MaxMessage ?? 0), handover is null && jobs is null ? 0 : ProtocolLimits.MaxStateValue);
        _owner = owner;
        _closed = closed;
    }

    /// <summary>The kinds of messages that a worker may send.</summary>
    public static FrameRules<StateLink> Rules { get; } = new(
        "state",
        new(MessageType.StateCall, FrameFlags.None, StreamEnd.Never, static (link, _, _, payload, _) => link.OnCall(payload)),
        new(MessageType.StatePart, FrameFlags.None, StreamEnd.Never, static (link, _, _, payload, _) => link.OnPart(payload)));

    /// <summary>The rule that the worker broke; null where it broke none.</summary>
    public string? Violation { get; private set; }

    /// <summary>Begins to read.</summary>
    public void Start() => _channel.Start(this);

    /// <summary>Closes the link.</summary>
    public void Close() => _channel.Close();

    int ILinkSink.OnBytes(ReadOnlySpan<byte> data)
    {
        ReadOnlySpan<byte> rest = data;
        Violation = Rules.ReadAll(this, ref rest);
        return Violation is null ? data.Length - rest.Length : -1;
    }

    void ILinkSink.OnClosed(Exception? error) => _closed(this);

    /// <inheritdoc/>
    public void Reply(uint sequence, in StateResult result)
    {
        ReadOnlySpan<byte> value = result.Value;
        lock (_channel.Gate)
        {
            while (value.Length > ProtocolLimits.MaxStatePart)
            {
                new StatePartMessage { Sequence = sequence, Value = value[..ProtocolLimits.MaxStatePart] }.WriteFrame(_channel.Output, FrameFlags.None, 0);
                value = value[ProtocolLimits.MaxStatePart..];
            }

            new StateReplyMessage
            {
                Sequence = sequence,
                Status = (byte)result.Status,
                Number = (ulong)result.Number,
                Other = (ulong)result.Other,
                IsNumber = result.IsNumber ? (byte)1 : (byte)0,
                Value = value,
            }.WriteFrame(_channel.Output, FrameFlags.None, 0);
            _channel.FlushSoon();
        }
    }

    private string? OnPart(ReadOnlySpan<byte> payload)
    {
        if (!StatePartMessage.TryRead(payload, out StatePartMessage part) || part.Value.Length == 0)
        {
            return "a STATE_PART frame is malformed";
        }

        if (_parts is null)
        {
            _parts = new ArrayBufferWriter<byte>();
            _partsOf = part.Sequence;
        }
        else if (_partsOf != part.Sequence)
        {
            return "a STATE_PART is of another call than the one before it";
        }

        _isTooLarge |= _parts.WrittenCount + part.Value.Length > _longest;
        if (!_isTooLarge)
        {
            _parts.Write(part.Value);
        }

        return null;
    }

    private string? OnCall(ReadOnlySpan<byte> payload)
    {
        if (!StateCallMessage.TryRead(payload, out StateCallMessage call))
        {
            return "a STATE_CALL frame is malformed";
        }

        if (_parts is not null && _partsOf != call.Sequence)
        {
            return "a STATE_CALL is another one than the STATE_PART before it is of";
        }

        ReadOnlySpan<byte> value = call.Value;
        bool isTooLarge = _isTooLarge || (_parts?.WrittenCount ?? 0) + value.Length > _longest;
        if (_parts is not null && !isTooLarge)
        {
            _parts.Write(value);
            value = _parts.WrittenSpan;
        }

        _parts = null;
        _isTooLarge = false;
        StateResult? result = isTooLarge ? new StateResult(StateStatus.TooLarge) : Execute(StateCall.Of(call, value));
        if (result is { } known)
        {
            Reply(call.Sequence, known);
        }

        // Read without the gate: it is a bound for those who have lost their mind, no promise.
        return _channel.Output.Count > MostUnread ? "it does not read the answers to its calls" : null;
    }

    private StateResult? Execute(in StateCall call)
    {
        if (TopicHub.Knows(call.Operation))
        {
            return _topics is null ? new StateResult(StateStatus.Off) : _topics.Hub.Execute(call, _owner, _topics.Share, this);
        }

        if (call.Operation is StateOperation.Offer or StateOperation.Give or StateOperation.Receive)
        {
            // A template gives nothing, and takes nobody's place.
            return _handover is null ? new StateResult(StateStatus.Missing) : _handover.Desk.Execute(call, _handover.Worker, _owner, this);
        }

        if (JobDesk.Knows(call.Operation))
        {
            return _jobs is null ? new StateResult(StateStatus.Off) : _jobs.Access.Desk.Execute(call, _jobs.Access, _jobs.Worker.Id, _owner, this);
        }

        bool hasWaited = call.Operation is StateOperation.Abandon && (_topics?.Hub.Abandon(_owner, this, (uint)call.Number) == true
            || _handover?.Desk.Abandon(this, (uint)call.Number) == true || _jobs?.Access.Desk.Abandon(this, (uint)call.Number) == true);
        return hasWaited ? StateResult.Done
            : _store is null ? new StateResult(StateStatus.Off)
            : call.Value.Length > _store.MaxValue ? new StateResult(StateStatus.TooLarge)
            : _store.Execute(call, _owner, this);
    }
}
