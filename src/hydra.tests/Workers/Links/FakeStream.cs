using System.Buffers;
using Hydra.Dispatch;
using Hydra.Protocol;
using Hydra.Workers.Links;

namespace Hydra.Tests.Workers.Links;

/// <summary>A request that writes down what happens to it.</summary>
internal sealed class FakeStream : QueuedStream
{
    private readonly byte[] _frame;

    public FakeStream(string path = "/")
    {
        var frame = new ArrayBufferWriter<byte>();
        new RequestMessage { Method = "GET"u8, RawPath = System.Text.Encoding.ASCII.GetBytes(path) }
            .WriteFrame(frame, FrameFlags.End, 0);
        _frame = frame.WrittenSpan.ToArray();
    }

    public List<string> Events { get; } = [];

    public ulong Id { get; private set; }

    public bool IsWanted { get; set; } = true;

    public bool Accepts { get; set; } = true;

    public DeadlineVerdict Verdict { get; set; } = DeadlineVerdict.TimedOut;

    public bool IsAwaited { get; set; }

    public override bool IsAwaitingClient(ulong id) => IsAwaited;

    public override ReadOnlySpan<byte> RequestFrame => _frame;

    public override bool OnSending(WorkerLink link, ulong id)
    {
        Id = id;
        return IsWanted;
    }

    public override bool OnResponse(ulong id, in ResponseMessage response, bool end)
    {
        Events.Add($"response {response.Status}{(end ? " end" : "")}");
        return Accepts;
    }

    public override bool OnBody(ulong id, ReadOnlySpan<byte> data, bool end)
    {
        Events.Add($"body {data.Length}{(end ? " end" : "")}");
        return Accepts;
    }

    public override bool OnWindow(ulong id, uint credit)
    {
        Events.Add($"window {credit}");
        return Accepts;
    }

    public override void OnReset(ulong id, ResetReason reason, string message) => Events.Add($"reset {reason} {message}");

    public override void OnLost(ulong id, StreamLoss loss) => Events.Add($"lost {loss}");

    public override DeadlineVerdict OnDeadline(ulong id) => Verdict;

    public override void OnTimedOut(ulong id) => Events.Add("timed out");

    public override bool IsWaiting => IsWanted;

    public int RetryAfter { get; private set; }

    public override bool TryRefuse(in Refusal refusal)
    {
        RetryAfter = refusal.RetryAfter;
        Events.Add(refusal.Reason.ToString());
        return IsWanted;
    }

    public override void OnRefused() => Events.Add("refused");
}
