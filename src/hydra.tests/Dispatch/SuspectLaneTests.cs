using Hydra.Dispatch;
using Hydra.Protocol;
using Hydra.Workers.Links;
using Xunit;

namespace Hydra.Tests.Dispatch;

/// <summary>The lane as the dispatcher uses it: what goes to which worker, and beside what.</summary>
public sealed class SuspectLaneTests : IDisposable
{
    private readonly ManualTime _time = new();
    private readonly Dispatcher _dispatcher;

    public SuspectLaneTests() => _dispatcher = new Dispatcher(time: _time);

    public void Dispose() => _dispatcher.Dispose();

    [Fact]
    public void Suspects_Several_GoOneAtATimeToAWorkerThatGetsNothingElse()
    {
        ScriptedWorker first = Add();
        ScriptedWorker second = Add();
        SubmitSuspect("/a", 1);
        SubmitSuspect("/b", 2);
        Submit("/other", "/other");
        (ScriptedWorker kept, ScriptedWorker other) = Paths(first).Count == 1 ? (first, second) : (second, first);
        Assert.Equal(1, kept.Handle.InFlight);
        Assert.False(kept.Handle.Window.HasRoom);
        List<GotFrame> others = other.TakeAll();
        Assert.Equal(2, others.Count);

        kept.Answer(1UL << 32);
        Assert.Equal(["/b"], Paths(kept));
        kept.Answer(2UL << 32);
        Assert.True(kept.Handle.Window.HasRoom);
        Assert.Equal(0, _dispatcher.QueueLength);
    }

    [Fact]
    public void Suspect_WorkersAreBusy_WaitsUntilOneHasFinishedAndGetsNothingNew()
    {
        ScriptedWorker worker = Add();
        Submit("/slow");
        SubmitSuspect("/a", 1);
        Submit("/later");
        Assert.Equal(["/slow"], Paths(worker));
        worker.Answer(1UL << 32);
        Assert.Equal(["/a"], Paths(worker));
        worker.Answer(2UL << 32);
        Assert.Equal(["/later"], Paths(worker));
    }

    [Fact]
    public void Suspect_WorkerDoesNotGetFree_GoesBesideTheOthersInTheEnd()
    {
        ScriptedWorker worker = Add();
        Submit("/stream");
        MessageExchange suspect = SubmitSuspect("/a", 1);
        Assert.Equal(["/stream"], Paths(worker));
        _time.Advance(SuspectLane.Patience + TimeSpan.FromSeconds(1));

        Assert.Equal(["/a"], Paths(worker));
        Assert.Equal(0UL, suspect.Suspicion);
        Assert.True(worker.Handle.Window.HasRoom);
    }

    [Fact]
    public void Suspect_RunsForLong_DoesNotKeepTheWorkerFromOthers()
    {
        ScriptedWorker worker = Add();
        SubmitSuspect("/a", 1);
        Submit("/other");
        Assert.Equal(["/a"], Paths(worker));
        _time.Advance(SuspectLane.Patience + TimeSpan.FromSeconds(1));

        Assert.Equal(["/other"], Paths(worker));
    }

    [Fact]
    public void Suspect_OneOfTwoWorkersIsLeft_WaitsForTheOther()
    {
        ScriptedWorker first = Add();
        ScriptedWorker second = Add();
        _dispatcher.Remove(first.Handle);
        SubmitSuspect("/a", 1);
        Submit("/other");
        Assert.Equal(["/other"], Paths(second));
        ScriptedWorker third = Add();

        Assert.Equal(["/a"], Paths(third));
        Assert.Empty(Paths(second));
    }

    [Fact]
    public void Suspect_TheOtherWorkerDoesNotCome_IsSentInTheEnd()
    {
        ScriptedWorker first = Add();
        ScriptedWorker second = Add();
        _dispatcher.Remove(first.Handle);
        SubmitSuspect("/a", 1);
        _time.Advance(SuspectLane.ShortPatience + TimeSpan.FromSeconds(1));

        Assert.Equal(["/a"], Paths(second));
    }

    [Fact]
    public void Clear_OfAKind_SendsThoseThatWaitAsAnyOthers()
    {
        ScriptedWorker worker = Add();
        SubmitSuspect("/a", 1);
        MessageExchange like = SubmitSuspect("/a", 1);
        SubmitSuspect("/b", 2);
        Assert.Equal(["/a"], Paths(worker));
        _dispatcher.Clear(1);

        Assert.Equal(["/a"], Paths(worker));
        worker.Answer(1UL << 32);
        Assert.Empty(Paths(worker));
        worker.Answer((1UL << 32) + 1);
        Assert.Equal(["/b"], Paths(worker));
        Assert.Equal(0UL, like.Suspicion);
    }

    [Fact]
    public void Withdraw_SuspectThatWaits_IsNotSent()
    {
        ScriptedWorker worker = Add();
        Submit("/slow");
        MessageExchange suspect = SubmitSuspect("/a", 1);
        suspect.Abandon(Failure.ClientGone, CancelReason.ClientLeft, "gone");
        Assert.Equal(0, _dispatcher.QueueLength);
        worker.Answer(1UL << 32);

        Assert.Equal(["/slow"], Paths(worker));
        Assert.True(worker.Handle.Window.HasRoom);
    }

    [Fact]
    public void Close_SuspectsThatWait_AreRefused()
    {
        MessageExchange suspect = SubmitSuspect("/a", 1);
        _dispatcher.Close();

        Assert.Equal(Failure.Closing, suspect.Failure);
        Assert.Equal(0, _dispatcher.QueueLength);
    }

    private static List<string> Paths(ScriptedWorker worker) => [.. worker.TakeAll()
        .Where(static frame => frame.Type is MessageType.Request)
        .Select(static frame => RequestMessage.TryRead(frame.Payload, out RequestMessage request) ? System.Text.Encoding.ASCII.GetString(request.RawPath) : "?")];

    private void Submit(params string[] paths)
    {
        foreach (string path in paths)
        {
            new MessageExchange(path: path).Submit(_dispatcher, 0);
        }
    }

    private MessageExchange SubmitSuspect(string path, ulong kind)
    {
        var exchange = new MessageExchange(path: path) { Suspicion = kind };
        exchange.Submit(_dispatcher, 0);
        return exchange;
    }

    private ScriptedWorker Add()
    {
        var worker = new ScriptedWorker(threads: 4);
        _dispatcher.Add(worker.Handle);
        return worker;
    }
}
