using Hydra.Dispatch;
using Hydra.Protocol;
using Hydra.Workers.Links;

namespace Hydra.Tests.Dispatch;

/// <summary>A request that does nothing but wait, and holds as many bytes as the test says.</summary>
internal sealed class WaitingExchange(string name, long bytes = 1) : QueuedStream
{
    public long Held { get; set; } = bytes;

    public override long HeldBytes => Held;

    public override bool IsWaiting => true;

    public override ReadOnlySpan<byte> RequestFrame => [];

    public override string ToString() => name;

    public override bool TryRefuse(in Refusal refusal) => true;

    public override void OnRefused()
    {
    }

    public override bool OnSending(WorkerLink link, ulong id) => throw new NotSupportedException();

    public override bool OnResponse(ulong id, in ResponseMessage response, bool end) => throw new NotSupportedException();

    public override bool OnBody(ulong id, ReadOnlySpan<byte> data, bool end) => throw new NotSupportedException();

    public override bool OnWindow(ulong id, uint credit) => throw new NotSupportedException();

    public override void OnReset(ulong id, ResetReason reason, string message) => throw new NotSupportedException();

    public override void OnLost(ulong id, StreamLoss loss) => throw new NotSupportedException();

    public override DeadlineVerdict OnDeadline(ulong id) => throw new NotSupportedException();

    public override void OnTimedOut(ulong id) => throw new NotSupportedException();
}
