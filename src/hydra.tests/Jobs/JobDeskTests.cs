using System.Buffers.Binary;
using System.Text;
using Hydra.Jobs;
using Hydra.Protocol;
using Hydra.State;
using Hydra.Tests.State;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Hydra.Tests.Jobs;

/// <summary>What becomes of jobs: who gets them, when, and what is said to whom when something fails.</summary>
public sealed class JobDeskTests : IDisposable
{
    private readonly StateClock _clock = new();
    private readonly JobDesk _desk;
    private readonly JobLane _pool;
    private readonly JobLane _tasks;
    private readonly StateOwner _asks = new();
    private readonly Caller _asker = new();
    private readonly Dictionary<int, (StateOwner Owner, Caller Link)> _servers = [];
    private uint _sequence;
    private int _woken;

    public JobDeskTests()
    {
        _desk = new JobDesk(NullLogger.Instance, _clock);
        _pool = _desk.Open(new JobLaneOptions("model", 2, 1 << 20, TimeSpan.FromSeconds(60), IsDeferred: false));
        _tasks = _desk.Open(new JobLaneOptions("tasks", 3, 1 << 20, TimeSpan.Zero, IsDeferred: true, () => _woken++));
    }

    public void Dispose() => _desk.Dispose();

    [Fact]
    public void Call_IsGivenToAThreadThatWaits_AndItsResultToWhoAsked()
    {
        Take(1, _pool);
        uint call = Ask("add", "payload");
        Taken job = Next(1);
        Assert.Equal((JobKind.Call, "add", "payload", 60_000u, 1L), (job.Kind, job.Name, job.Payload, job.Timeout, job.Attempt));
        Assert.Equal(StateStatus.Done, Finish(1, _pool, job.Id, 0, "three").Status);
        Assert.Equal((StateStatus.Done, 0L, "three"), _asker.Of(call));
    }

    [Fact]
    public void Call_GoesToTheProcessThatHasLeastToDo()
    {
        Take(1, _pool);
        Take(1, _pool);
        Take(2, _pool);
        Ask("a");
        Ask("b");
        Assert.Equal((1, 1), (_servers[1].Link.Count, _servers[2].Link.Count));
    }

    [Fact]
    public void Call_OfAPoolThatIsNotThere_OrIsFull_IsRefused()
    {
        Assert.Equal(StateStatus.Missing, Execute(Call(StateOperation.TaskCall, key: "other", value: CallValue("x", "")))!.Value.Status);
        Ask("a");
        Ask("b");
        Assert.Equal(StateStatus.Full, Execute(Call(StateOperation.TaskCall, key: "model", value: CallValue("c", "")))!.Value.Status);
        Assert.Equal(1, _desk.ReadFigures().Single(static lane => lane.Name == "model").Refused);
    }

    [Fact]
    public void Call_WhoseTimeIsOver_IsAnswered_AndItsProcessTold()
    {
        Take(1, _pool);
        uint runs = Ask("a", milliseconds: 500);
        uint waits = Ask("b", milliseconds: 700);
        Taken job = Next(1);
        uint hears = Serve(1, _pool, StateOperation.TaskHear);
        _clock.Advance(0.6);
        Assert.Equal((StateStatus.TimedOut, 0L, ""), _asker.Of(runs));
        Assert.Equal((StateStatus.Done, job.Id, (long)JobNotice.TimedOut), _servers[1].Link.Numbers(hears));
        _clock.Advance(0.2);
        Assert.Equal((StateStatus.TimedOut, 1L, ""), _asker.Of(waits));

        // What comes of it after that is for nobody.
        Assert.Equal(StateStatus.Done, Finish(1, _pool, job.Id, 0, "late").Status);
        Assert.Equal(0, _desk.ReadFigures()[0].Running);
    }

    [Fact]
    public void Call_ThatIsAbandoned_OrWhoseCallerEnds_IsCancelled()
    {
        Take(1, _pool);
        uint call = Ask("a");
        Taken job = Next(1);
        Assert.True(_desk.Abandon(_asker, call));
        Assert.False(_desk.Abandon(_asker, call));
        uint hears = Serve(1, _pool, StateOperation.TaskHear);
        Assert.Null(_servers[1].Link.Find(hears));
        Assert.Equal((job.Id, (long)JobNotice.Cancelled), Notice);

        Ask("b");
        _desk.OnEnded(_asks);
        Assert.Equal((0, 2L), (_desk.ReadFigures()[0].Queued, _desk.ReadFigures()[0].Cancelled));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Call_WhoseProcessEnds_IsLost_UnlessItIsIdempotent(bool isIdempotent)
    {
        Take(1, _pool);
        uint call = Ask("a", flags: isIdempotent ? 2 : 0);
        Next(1);
        _desk.OnEnded(_servers[1].Owner);
        if (isIdempotent)
        {
            Take(2, _pool);
            Assert.Equal(2, Next(2).Attempt);
            _desk.OnEnded(_servers[2].Owner);
        }

        Assert.Equal((StateStatus.Lost, 0L, ""), _asker.Of(call));
    }

    [Fact]
    public void Stream_GivesPartsInTheirOrder_AndHasItsProcessWaitForTheReader()
    {
        Take(1, _pool);
        long id = Execute(Call(StateOperation.TaskCall, 1, "model", CallValue("count", ""), wait: 1000))!.Value.Number;
        Taken job = Next(1);
        Assert.Equal((JobKind.Stream, id), (job.Kind, job.Id));
        Assert.Equal(StateStatus.Done, Part(1, id, "one")!.Value.Status);
        Assert.Equal(StateStatus.Done, Part(1, id, "two")!.Value.Status);
        Assert.Equal(["one", "two"], Parts(ReadNext(id)!.Value.Value!));

        // Who reads is given what comes; who does not has the other wait.
        Assert.Null(ReadNext(id));
        uint reads = _sequence;
        Part(1, id, "three");
        Assert.Equal(["three"], Parts(_asker.Find(reads)!.Value.Value!));
        Assert.Null(Part(1, id, new string('x', JobStream.Window)));
        uint held = _sequence;
        Assert.Null(_servers[1].Link.Find(held));
        Assert.Single(Parts(ReadNext(id)!.Value.Value!));
        Assert.Equal(StateStatus.Done, _servers[1].Link.Find(held)!.Value.Status);

        Finish(1, _pool, id, 0, "");
        Assert.Equal(1, ReadNext(id)!.Value.Number);
        Assert.Equal(StateStatus.Missing, ReadNext(id)!.Value.Status);
    }

    [Fact]
    public void Stream_ThatIsClosed_HasItsProcessTold()
    {
        Take(1, _pool);
        long id = Execute(Call(StateOperation.TaskCall, 1, "model", CallValue("count", ""), wait: 1000))!.Value.Number;
        Next(1);
        Assert.Null(Part(1, id, new string('x', JobStream.Window)));
        uint held = _sequence;
        Assert.Equal(StateStatus.Done, Execute(Call(StateOperation.TaskCancel, id))!.Value.Status);
        Assert.Equal(StateStatus.Missing, _servers[1].Link.Find(held)!.Value.Status);
        Assert.Equal(StateStatus.Missing, Part(1, id, "more")!.Value.Status);
        Assert.Equal(StateStatus.Missing, ReadNext(id)!.Value.Status);
    }

    [Fact]
    public void Stream_OfAnotherProcess_IsNotToBeRead()
    {
        long id = Execute(Call(StateOperation.TaskCall, 1, "model", CallValue("count", ""), wait: 1000))!.Value.Number;
        Assert.Equal(StateStatus.Missing, _desk.Execute(Call(StateOperation.TaskNext, id), Asking, 9, new StateOwner(), new Caller())!.Value.Status);
        Assert.Equal(StateStatus.Missing, _desk.Execute(Call(StateOperation.TaskCancel, id), Asking, 9, new StateOwner(), new Caller())!.Value.Status);
    }

    [Fact]
    public void Serving_IsForProcessesOfThePoolAlone()
        => Assert.Equal(StateStatus.Invalid, Execute(Call(StateOperation.TaskTake))!.Value.Status);

    [Fact]
    public void Defer_StartsTheProcesses_Once_AndBeginsWhatIsUrgentFirst()
    {
        Assert.DoesNotContain(_desk.ReadFigures(), static lane => lane.Name == "tasks");
        Defer("low", priority: -1);
        Defer("usual");
        Defer("high", priority: 5);
        Assert.Equal(1, _woken);
        Assert.Equal(StateStatus.Full, Defer("one more").Status);
        Take(1, _tasks);
        Take(1, _tasks);
        Take(1, _tasks);
        Assert.Equal(["high", "usual", "low"], Enumerable.Range(0, 3).Select(_ => Next(1).Name));
    }

    [Fact]
    public void Defer_OfWhatFails_WaitsLongerEachTime_ThenIsFailed()
    {
        long id = Defer("fails", retries: 2, backoff: 1000, keep: 60).Number;
        foreach (double wait in (double[])[1, 2])
        {
            Take(1, _tasks);
            Finish(1, _tasks, Next(1).Id, 1, "");
            Take(1, _tasks);
            _clock.Advance(wait - 0.1);
            Assert.Equal(0, _servers[1].Link.Count);
            _clock.Advance(0.2);
            Assert.Equal(id, Next(1).Id);
            _desk.OnEnded(_servers[1].Owner);
            _servers.Remove(1);
            break;
        }

        _clock.Advance(2.1);
        Take(1, _tasks);
        Assert.Equal(3, Next(1).Attempt);
        Finish(1, _tasks, id, 1, "why");
        Assert.Equal((JobState.Failed, 3L), (Found(id).State, Found(id).Attempts));
        _clock.Advance(61);
        Assert.Equal(StateStatus.Missing, Execute(Call(StateOperation.TaskFind, id))!.Value.Status);
        JobFigures figures = _desk.ReadFigures().Single(static lane => lane.Name == "tasks");
        Assert.Equal((1L, 2L, 1L, 0), (figures.Failed, figures.Retried, figures.Lost, figures.Queued));
    }

    [Fact]
    public void Find_TellsWhatATaskIs_WhereThatIsAskedFor()
    {
        long id = Execute(Call(StateOperation.TaskDefer, value: [.. DeferValue("a", 0, 0, 60, 0), .. "payload"u8]))!.Value.Number;
        Take(1, _tasks);
        Finish(1, _tasks, Next(1).Id, 0, "result");
        byte[] whole = Execute(Call(StateOperation.TaskFind, id) with { Other = 1 })!.Value.Value!;
        Assert.Equal("payload".Length, BinaryPrimitives.ReadInt32LittleEndian(whole.AsSpan(24)));
        Assert.Equal("payloadresult"u8.ToArray(), whole[28..]);
        Assert.Equal("result"u8.ToArray(), Execute(Call(StateOperation.TaskFind, id))!.Value.Value![24..]);
    }

    [Fact]
    public void Results_OfMoreBytesThanMayWait_AreForgotten_TheOldestFirst()
    {
        string half = new('x', 600_000);
        long[] ids = [.. Enumerable.Range(0, 3).Select(_ => Defer("a", keep: 60).Number)];
        foreach (long id in ids)
        {
            Take(1, _tasks);
            Finish(1, _tasks, Next(1).Id, 0, half);
        }

        Assert.Equal([StateStatus.Missing, StateStatus.Missing, StateStatus.Done], ids.Select(id => Execute(Call(StateOperation.TaskFind, id))!.Value.Status));
    }

    [Fact]
    public void Defer_WithAKey_IsOneAsLongAsItWaitsOrRuns()
    {
        long first = Defer("a", key: "k").Number;
        Assert.Equal((first, 1L), (Defer("b", key: "k").Number, Defer("b", key: "k").Other));
        Take(1, _tasks);
        Assert.Equal(first, Defer("b", key: "k").Number);
        Finish(1, _tasks, Next(1).Id, 0, "");
        Assert.NotEqual(first, Defer("b", key: "k").Number);
    }

    [Fact]
    public void Defer_WithADelay_BeginsNoSooner()
    {
        Take(1, _tasks);
        Defer("late", delay: 5000);
        _clock.Advance(4.9);
        Assert.Equal(0, _servers[1].Link.Count);
        _clock.Advance(0.2);
        Assert.Equal("late", Next(1).Name);
    }

    [Fact]
    public void Leave_LetsThreadsGoThatWait_AndGivesThemNothingMore()
    {
        Take(1, _tasks);
        uint takes = _sequence;
        Serve(1, _tasks, StateOperation.TaskLeave);
        Assert.Equal(StateStatus.Missing, _servers[1].Link.Find(takes)!.Value.Status);
        Assert.Equal(StateStatus.Missing, ServeNow(1, _tasks, StateOperation.TaskTake)!.Value.Status);
        Defer("a");
        Assert.Equal(1, _desk.ReadFigures().Single(static lane => lane.Name == "tasks").Queued);
    }

    [Fact]
    public void Schedule_IsCalledOnce_NotWhileItRuns_AndByTheYoungestProcess()
    {
        Execute(Call(StateOperation.TaskSchedule, value: [1, 0]));
        Schedule(1, ("a", 1000, []));
        Schedule(2, ("a", 1000, []), ("b", 400, []));
        Schedule(1, ("gone", 100, []));
        _clock.Advance(1.05);
        Assert.Equal((2, 1L), (Tasks.Queued, Tasks.Skipped));
        Take(1, _tasks);
        Take(1, _tasks);
        Assert.Equal(["a", "b"], new[] { Next(1).Name, Next(1).Name }.Order());
        _clock.Advance(2);
        Assert.Equal((0, 2), (Tasks.Queued, Tasks.Running));

        // When the youngest has ended the word of the others counts.
        _desk.OnEnded(_servers[2].Owner);
        Schedule(1, ("c", 0, [.. Enumerable.Range(1, 3).Select(minutes => Today + (minutes * 60_000L))]));
        _clock.Advance(1);
        Assert.Equal(1, Tasks.Schedules);
    }

    [Fact]
    public void Schedule_WhileTheClockIsHeld_IsNotCalled()
    {
        _desk.HoldClock(true);
        Execute(Call(StateOperation.TaskSchedule, value: [1, 0]));
        Schedule(1, ("a", 1000, []));
        _clock.Advance(5);
        Assert.Equal(0, Tasks.Queued);
        _desk.HoldClock(false);
        _clock.Advance(1.1);
        Assert.Equal(1, Tasks.Queued);
        _desk.HoldClock(true);
        Assert.Empty(_desk.Save(_tasks));
    }

    [Fact]
    public void Schedule_OfAWorkerThatServesRequests_StartsTheProcesses()
    {
        Execute(Call(StateOperation.TaskSchedule, value: [0, 0]));
        Assert.Equal(0, _woken);
        Execute(Call(StateOperation.TaskSchedule, value: [1, 0]));
        Execute(Call(StateOperation.TaskSchedule, value: [1, 0]));
        Assert.Equal(1, _woken);
        Assert.Equal(StateStatus.Invalid, ServeNow(1, _tasks, StateOperation.TaskSchedule, value: [1, 0])!.Value.Status);
    }

    [Fact]
    public void Save_HasAllThatWasNotDone_AndRestoreTakesItOver()
    {
        Take(1, _tasks);
        long runs = Defer("runs", retries: 1, backoff: 10).Number;
        Defer("waits", key: "k", priority: 3);
        Defer("late", delay: 5000);
        Next(1);
        IReadOnlyList<SavedJob> saved = _desk.Save(_tasks);
        Assert.Equal(["late", "runs", "waits"], saved.Select(static job => job.Spec.Name).Order());
        Assert.Equal((1, 0, 5000L), (saved.Single(job => job.Id == runs).Attempts, saved.Single(static job => job.Spec.Name == "waits").Attempts, saved.Single(static job => job.Spec.Name == "late").Delay));
        Assert.Equal(StateStatus.Off, Defer("no more").Status);

        using var other = new JobDesk(NullLogger.Instance, _clock);
        JobLane lane = other.Open(new JobLaneOptions("tasks", 3, 1 << 20, TimeSpan.Zero, IsDeferred: true));
        Assert.All(saved, job => Assert.True(other.Restore(lane, job)));
        Assert.False(other.Restore(lane, saved[0] with { Id = 1 }));
        Assert.Equal(3, other.ReadFigures()[0].Queued);
    }

    [Fact]
    public async Task Drain_IsOverWhenNothingWaitsThatCouldBegin()
    {
        Task empty = _desk.DrainAsync();
        await empty;
        Defer("late", delay: 5000);
        Defer("now");
        Task drained = _desk.DrainAsync();
        Take(1, _tasks);
        Assert.False(drained.IsCompleted);
        Finish(1, _tasks, Next(1).Id, 0, "");
        await drained;
    }

    [Theory]
    [InlineData((int)StateOperation.TaskDefer)]
    [InlineData((int)StateOperation.TaskCall)]
    [InlineData((int)StateOperation.TaskSchedule)]
    public void Calls_ThatAreCutShort_AreInvalid_AndNothingElse(int kind)
    {
        var operation = (StateOperation)kind;
        byte[] whole = operation is StateOperation.TaskDefer ? DeferValue("name", 0, 0, 0, 0) : operation is StateOperation.TaskCall ? CallValue("name", "") : ScheduleValue(("name", 100, [1, 2]));
        for (int length = 0; length < whole.Length; length++)
        {
            StateResult? result = operation is StateOperation.TaskSchedule ? ServeNow(1, _tasks, operation, value: whole[..length]) : Execute(Call(operation, key: "model", value: whole[..length]));
            Assert.Equal(StateStatus.Invalid, result!.Value.Status);
        }
    }

    private JobAccess Asking => new(_desk, _tasks, null);

    private JobFigures Tasks => _desk.ReadFigures().Single(static lane => lane.Name == "tasks");

    private (long, long) Notice { get; set; }

    private long Today => _clock.GetUtcNow().ToUnixTimeMilliseconds();

    private static byte[] CallValue(string name, string payload) => [(byte)name.Length, 0, .. Encoding.UTF8.GetBytes(name + payload)];

    private static byte[] DeferValue(string name, int retries, int priority, int keep, int backoff)
    {
        byte[] value = new byte[18 + name.Length];
        BinaryPrimitives.WriteUInt16LittleEndian(value.AsSpan(4), (ushort)retries);
        BinaryPrimitives.WriteInt16LittleEndian(value.AsSpan(6), (short)priority);
        BinaryPrimitives.WriteInt32LittleEndian(value.AsSpan(8), keep);
        BinaryPrimitives.WriteInt32LittleEndian(value.AsSpan(12), backoff);
        BinaryPrimitives.WriteUInt16LittleEndian(value.AsSpan(16), (ushort)name.Length);
        Encoding.UTF8.GetBytes(name, value.AsSpan(18));
        return value;
    }

    private static byte[] ScheduleValue(params (string Name, long Interval, long[] Times)[] schedules)
    {
        List<byte> value = [(byte)schedules.Length, 0];
        foreach ((string name, long interval, long[] times) in schedules)
        {
            byte[] head = new byte[20];
            BinaryPrimitives.WriteUInt16LittleEndian(head, (ushort)name.Length);
            BinaryPrimitives.WriteInt64LittleEndian(head.AsSpan(6), interval);
            BinaryPrimitives.WriteUInt16LittleEndian(head.AsSpan(14), (ushort)times.Length);
            value.AddRange(head);
            value.AddRange(Encoding.UTF8.GetBytes(name));
            value.AddRange(times.SelectMany(BitConverter.GetBytes));
        }

        return [.. value];
    }

    private static string[] Parts(byte[] value)
    {
        List<string> parts = [];
        for (int at = 0; at < value.Length;)
        {
            int size = BinaryPrimitives.ReadInt32LittleEndian(value.AsSpan(at));
            parts.Add(Encoding.UTF8.GetString(value, at + 4, size));
            at += 4 + size;
        }

        return [.. parts];
    }

    private StateCall Call(StateOperation operation, long number = 0, string key = "", byte[]? value = null, long milliseconds = 0, uint wait = 0) => new()
    {
        Operation = operation,
        Number = number,
        Key = Encoding.UTF8.GetBytes(key),
        Value = value,
        Milliseconds = milliseconds,
        Wait = wait,
        Sequence = ++_sequence,
    };

    private StateResult? Execute(StateCall call) => _desk.Execute(call, Asking, 100, _asks, _asker);

    private uint Ask(string name, string payload = "", long milliseconds = 0, long flags = 0)
    {
        Assert.Null(Execute(Call(StateOperation.TaskCall, flags, "model", CallValue(name, payload), milliseconds, 1000)));
        return _sequence;
    }

    private StateResult Defer(string name, int retries = 0, int priority = 0, int keep = 0, int backoff = 0, long delay = 0, string key = "")
        => Execute(Call(StateOperation.TaskDefer, key: key, value: DeferValue(name, retries, priority, keep, backoff), milliseconds: delay))!.Value;

    private StateResult? ReadNext(long id) => Execute(Call(StateOperation.TaskNext, id, wait: 1000));

    private (JobState State, long Attempts) Found(long id) => Execute(Call(StateOperation.TaskFind, id)) is { } found ? ((JobState)found.Number, found.Other) : default;

    private StateResult? ServeNow(int server, JobLane lane, StateOperation operation, long number = 0, byte[]? value = null)
    {
        if (!_servers.TryGetValue(server, out (StateOwner Owner, Caller Link) who))
        {
            _servers.Add(server, who = (new StateOwner(), new Caller()));
        }

        return _desk.Execute(Call(operation, number, value: value), new JobAccess(_desk, _tasks, lane), server, who.Owner, who.Link);
    }

    private uint Serve(int server, JobLane lane, StateOperation operation)
    {
        if (ServeNow(server, lane, operation) is { } result && operation is StateOperation.TaskHear)
        {
            Notice = (result.Number, result.Other);
        }

        return _sequence;
    }

    private void Take(int server, JobLane lane) => Assert.Null(ServeNow(server, lane, StateOperation.TaskTake));

    private void Schedule(int server, params (string Name, long Interval, long[] Times)[] schedules)
        => Assert.Equal(StateStatus.Done, ServeNow(server, _tasks, StateOperation.TaskSchedule, value: ScheduleValue(schedules))!.Value.Status);

    private StateResult? Part(int server, long id, string part) => ServeNow(server, _pool, StateOperation.TaskPart, id, Encoding.UTF8.GetBytes(part));

    private StateResult Finish(int server, JobLane lane, long id, long outcome, string value)
    {
        StateCall call = new() { Operation = StateOperation.TaskDone, Number = id, Other = outcome, Value = Encoding.UTF8.GetBytes(value), Sequence = ++_sequence };
        return _desk.Execute(call, new JobAccess(_desk, _tasks, lane), server, _servers[server].Owner, _servers[server].Link)!.Value;
    }

    private Taken Next(int server)
    {
        StateResult result = _servers[server].Link.Dequeue();
        byte[] value = result.Value!;
        int named = BinaryPrimitives.ReadUInt16LittleEndian(value.AsSpan(2));
        return new Taken(
            result.Number, result.Other, (JobKind)value[0], Encoding.UTF8.GetString(value, 8, named), Encoding.UTF8.GetString(value, 8 + named, value.Length - 8 - named),
            BinaryPrimitives.ReadUInt32LittleEndian(value.AsSpan(4)));
    }

    private sealed record Taken(long Id, long Attempt, JobKind Kind, string Name, string Payload, uint Timeout);

    private sealed class Caller : IStateCaller
    {
        private readonly List<(uint Sequence, StateResult Result)> _replies = [];

        public int Count => _replies.Count;

        public void Reply(uint sequence, in StateResult result) => _replies.Add((sequence, result));

        public StateResult? Find(uint sequence) => _replies.Where(one => one.Sequence == sequence).Select(static one => (StateResult?)one.Result).SingleOrDefault();

        public (StateStatus, long, string) Of(uint sequence) => Find(sequence) is { } found ? (found.Status, found.Number, Encoding.UTF8.GetString(found.Value ?? [])) : default;

        public (StateStatus, long, long) Numbers(uint sequence) => Find(sequence) is { } found ? (found.Status, found.Number, found.Other) : default;

        public StateResult Dequeue()
        {
            StateResult first = _replies[0].Result;
            _replies.RemoveAt(0);
            return first;
        }
    }
}
