using System.Text;
using Hydra.Protocol;
using Hydra.State;
using Hydra.Tests.State;
using Hydra.Workers.Links;
using Xunit;

namespace Hydra.Tests.Workers.Links;

/// <summary>What a worker gives to the one that takes its place. Names are those of the processes: "old" is before "new".</summary>
public sealed class HandoverDeskTests : IHandoverHost
{
    private readonly StateClock _clock = new();
    private readonly HandoverDesk _desk;
    private readonly WorkerHandle _old = new(0);
    private readonly WorkerHandle _other = new(1);
    private readonly WorkerHandle _new = new(0);
    private readonly Process _giver = new();
    private readonly Process _taker = new();
    private readonly List<(int Worker, Action Quiet)> _quietened = [];

    public HandoverDeskTests() => _desk = new HandoverDesk(this, _clock);

    void IHandoverHost.Quieten(int worker, Action quiet) => _quietened.Add((worker, quiet));

    [Fact]
    public void Receive_WhereTheWorkerBeforeGives_HasIt()
    {
        Assert.Null(Offer());
        Assert.Null(Receive("name"));
        Assert.Equal(["1 Done 1 name"], _giver.Told);

        Assert.Equal(StateStatus.Done, Give(1, "value")!.Value.Status);
        Assert.Equal(["7 Done 0 value"], _taker.Told);
        Assert.Equal(StateStatus.Missing, Give(1, "again")!.Value.Status);
    }

    [Fact]
    public void Receive_WhereNobodyGives_HasNothingAtOnce()
    {
        Assert.Equal(StateStatus.Missing, Receive("name")!.Value.Status);

        Execute(StateOperation.Offer, _other, new Process(), 1);
        Execute(StateOperation.Offer, new WorkerHandle(0), new Process(), 1);
        Assert.Equal(StateStatus.Missing, Receive("name")!.Value.Status);
    }

    [Fact]
    public void Receive_WhereTheOtherHasNothingByThatName_HasNothing()
    {
        Offer();
        Receive("name");

        Give(1, "", other: 1);
        Assert.Equal(["7 Missing 0 "], _taker.Told);
    }

    [Fact]
    public void Receive_OfSeveralWorkersBeforeIt_AsksTheLatest()
    {
        var between = new WorkerHandle(0);
        var late = new WorkerHandle(0);
        var giver = new Process();
        Offer();
        Execute(StateOperation.Offer, between, giver, 1);

        Execute(StateOperation.Receive, late, _taker, 7, wait: 1000);
        Assert.Equal((1, 0), (giver.Told.Count, _giver.Told.Count));
    }

    [Fact]
    public void Receive_OfSeveralNames_AreAskedForOneAfterTheOther()
    {
        Offer();
        Receive("a");
        Receive("b", sequence: 8);
        Assert.Equal(["1 Done 1 a"], _giver.Told);

        Give(1, "A");
        Assert.Single(_giver.Told);
        Offer(sequence: 2);
        Assert.Equal(["1 Done 1 a", "2 Done 2 b"], _giver.Told);
        Give(2, "B");
        Assert.Equal(["7 Done 0 A", "8 Done 0 B"], _taker.Told);
    }

    [Fact]
    public void Receive_ThatIsNotAnsweredInTime_IsOver()
    {
        Offer();
        Receive("name", wait: 500);

        _clock.Advance(0.501);
        Assert.Equal(["7 TimedOut 0 "], _taker.Told);
        Assert.Equal(StateStatus.Missing, Give(1, "late")!.Value.Status);
    }

    [Fact]
    public void Giver_ThatEnds_LeavesNobodyWaiting()
    {
        Offer();
        Receive("name");
        Receive("more", sequence: 8);

        _desk.OnEnded(_giver.Owner);
        Assert.Equal(["7 Missing 0 ", "8 Missing 0 "], _taker.Told);
        Assert.Equal(StateStatus.Missing, Receive("name")!.Value.Status);
    }

    [Fact]
    public void Taker_ThatEndsOrGivesUp_IsForgotten()
    {
        Offer();
        Receive("name");
        Receive("more", sequence: 8);

        Assert.True(_desk.Abandon(_taker, 8));
        Assert.False(_desk.Abandon(_taker, 8));
        _desk.OnClosed(_taker);
        Assert.Equal(StateStatus.Missing, Give(1, "value")!.Value.Status);
        Offer(sequence: 2);
        Assert.Single(_giver.Told);
        Assert.Empty(_taker.Told);
    }

    [Fact]
    public void Receive_OfAllThatTheOtherHas_WaitsUntilThatIsQuiet()
    {
        Offer();
        Receive("name", exact: 1);
        Assert.Empty(_giver.Told);

        (int worker, Action quiet) = Assert.Single(_quietened);
        Assert.Equal(_old.Id, worker);
        quiet();
        Assert.Equal(["1 Done 1 name"], _giver.Told);
    }

    [Fact]
    public void Calls_OverALink_AreDoneForItsWorker()
    {
        var from = new FakeChannel();
        var to = new FakeChannel();
        new StateLink(from, null, null, new HandoverAccess(_desk, _old), null, new StateOwner(), static _ => { }).Start();
        new StateLink(to, null, null, new HandoverAccess(_desk, _new), null, new StateOwner(), static _ => { }).Start();

        from.Receive(Frame(1, StateOperation.Offer, ""));
        to.Receive(Frame(2, StateOperation.Receive, "name", wait: 1000));
        Assert.Equal("Done 1 name", Single(from));
        from.Receive(Frame(3, StateOperation.Give, "", number: 1, value: "value"));
        Assert.Equal("Done 0 value", Single(to));
    }

    private static byte[] Frame(uint sequence, StateOperation operation, string key, uint wait = 0, ulong number = 0, string value = "")
    {
        var frame = new System.Buffers.ArrayBufferWriter<byte>();
        new StateCallMessage
        {
            Sequence = sequence,
            Operation = (byte)operation,
            Wait = wait,
            Number = number,
            Key = Encoding.UTF8.GetBytes(key),
            Value = Encoding.UTF8.GetBytes(value),
        }.WriteFrame(frame, FrameFlags.None, 0);
        return frame.WrittenSpan.ToArray();
    }

    private static string Single(FakeChannel channel)
    {
        (_, byte[] payload) = Assert.Single(channel.TakeFrames());
        Assert.True(StateReplyMessage.TryRead(payload, out StateReplyMessage reply));
        return $"{(StateStatus)reply.Status} {reply.Number} {Encoding.UTF8.GetString(reply.Value)}";
    }

    private StateResult? Offer(uint sequence = 1) => Execute(StateOperation.Offer, _old, _giver, sequence);

    private StateResult? Give(long token, string value, long other = 0) => Execute(StateOperation.Give, _old, _giver, 99, value: value, number: token, other: other);

    private StateResult? Receive(string name, uint sequence = 7, uint wait = 1000, long exact = 0)
        => Execute(StateOperation.Receive, _new, _taker, sequence, name, wait: wait, number: exact);

    private StateResult? Execute(
        StateOperation operation, WorkerHandle worker, Process process, uint sequence, string name = "", string value = "", uint wait = 0, long number = 0, long other = 0)
        => _desk.Execute(
            new StateCall
            {
                Operation = operation,
                Sequence = sequence,
                Wait = wait,
                Number = number,
                Other = other,
                Key = Encoding.UTF8.GetBytes(name),
                Value = Encoding.UTF8.GetBytes(value),
            },
            worker,
            process.Owner,
            process);

    private sealed class Process : IStateCaller
    {
        public StateOwner Owner { get; } = new();

        public List<string> Told { get; } = [];

        public void Reply(uint sequence, in StateResult result)
            => Told.Add($"{sequence} {result.Status} {result.Number} {Encoding.UTF8.GetString(result.Value ?? [])}");
    }
}
