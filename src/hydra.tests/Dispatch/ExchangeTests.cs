using Hydra.Dispatch;
using Hydra.Protocol;
using Hydra.Workers.Links;
using Xunit;

namespace Hydra.Tests.Dispatch;

public sealed class ExchangeTests : IDisposable
{
    private readonly ManualTime _time = new();
    private readonly Dispatcher _dispatcher;
    private readonly MessageExchange _exchange = new(path: "/one");
    private readonly ScriptedWorker _worker = new(index: 3);

    public ExchangeTests() => _dispatcher = new Dispatcher(new DispatchOptions { QueueSize = 2 }, time: _time);

    public void Dispose() => _dispatcher.Dispose();

    [Fact]
    public void New_NothingSubmitted_IsIdle()
    {
        Assert.False(_exchange.IsSubmitted);
        Assert.False(_exchange.IsWaiting);
        Assert.False(_exchange.IsEnded);
        Assert.Equal(-1, _exchange.WorkerIndex);
        Assert.Null(_exchange.Lost);
        Assert.Equal(Failure.None, _exchange.Failure);
    }

    [Fact]
    public void Submit_NoWorker_Waits()
    {
        ValueTask<ExchangeResult> result = Submit();

        Assert.True(_exchange.IsSubmitted);
        Assert.True(_exchange.IsWaiting);
        Assert.False(_exchange.IsEnded);
        Assert.False(result.IsCompleted);
        Assert.Equal((1, 0), (_exchange.Submissions, _exchange.Sendings));
        Assert.Equal(_exchange.RequestFrame.Length, _dispatcher.QueueBytes);
    }

    [Fact]
    public void Submit_Worker_IsSentUnderItsName()
    {
        ValueTask<ExchangeResult> result = SubmitTo(_worker);

        Assert.False(_exchange.IsWaiting);
        Assert.False(_exchange.IsEnded);
        Assert.False(result.IsCompleted);
        Assert.Equal(3, _exchange.WorkerIndex);
        Assert.Same(_worker.Link, _exchange.StreamLink);
        Assert.Equal(_worker.TakeRequest(), _exchange.StreamId);
        Assert.Equal("0.0.1", _exchange.RequestName);
    }

    [Fact]
    public async Task Sent_WholeAnswer_IsComplete()
    {
        ValueTask<ExchangeResult> result = SubmitTo(_worker);
        _worker.Answer(_worker.TakeRequest());

        Assert.Equal(ExchangeResult.Complete, await result);
        Assert.True(_exchange.IsEnded);
        Assert.Equal(Failure.None, _exchange.Failure);
    }

    [Fact]
    public async Task Sent_AnswerInPieces_StreamsToItsEnd()
    {
        ValueTask<ExchangeResult> result = SubmitTo(_worker);
        ulong id = _worker.TakeRequest();
        _worker.Window(id, 7);
        _worker.Begin(id);
        Assert.Equal(ExchangeResult.Streaming, await result);
        Assert.False(_exchange.IsEnded);

        _worker.Body(id, "abc");
        Assert.False(_exchange.IsEnded);
        _worker.Body(id, "de", end: true);

        Assert.True(_exchange.IsEnded);
        Assert.Equal(["window 7", "body 3", "body 2 end"], _exchange.Events);
    }

    [Theory]
    [InlineData(nameof(Failure.QueueFull))]
    [InlineData(nameof(Failure.QueueTimeout))]
    [InlineData(nameof(Failure.Closing))]
    public async Task Waiting_Refused_FailsAndSaysWhenToComeAgain(string failure)
    {
        var reason = Enum.Parse<Failure>(failure);
        for (int i = 0; reason is Failure.QueueFull && i < 2; i++)
        {
            new MessageExchange().Submit(_dispatcher, 0);
        }

        ValueTask<ExchangeResult> result = Submit();
        if (reason is Failure.QueueTimeout)
        {
            Assert.False(result.IsCompleted);
            _time.Advance(TimeSpan.FromMinutes(1));
        }
        else if (reason is Failure.Closing)
        {
            _dispatcher.Close();
        }

        Assert.Equal(ExchangeResult.Failed, await result);
        Assert.Equal(reason, _exchange.Failure);
        Assert.InRange(_exchange.RetryAfter, 1, 60);
        Assert.True(_exchange.IsEnded);
        Assert.Equal(-1, _exchange.WorkerIndex);
    }

    [Fact]
    public async Task Abandon_Waiting_LeavesTheQueueAndIsNeverSent()
    {
        ValueTask<ExchangeResult> result = Submit();
        _exchange.Abandon(Failure.ClientGone, CancelReason.ClientLeft, "gone");
        _dispatcher.Add(_worker.Handle);

        Assert.Equal(ExchangeResult.Failed, await result);
        Assert.Equal((Failure.ClientGone, "gone"), (_exchange.Failure, _exchange.Detail));
        Assert.Equal(0, _dispatcher.QueueLength);
        Assert.Empty(_worker.TakeAll());
        Assert.False(_exchange.OnSending(_worker.Link, 5));
        Assert.False(_exchange.TryRefuse(new Refusal(Failure.QueueFull, 9)));
        Assert.Equal(Failure.ClientGone, _exchange.Failure);
        Assert.Equal(0, _exchange.RetryAfter);
    }

    [Theory]
    [InlineData(nameof(CancelReason.ClientLeft))]
    [InlineData(nameof(CancelReason.Shutdown))]
    [InlineData(nameof(CancelReason.FrontError))]
    public async Task Abandon_Sent_TellsTheWorkerWhy(string reason)
    {
        ValueTask<ExchangeResult> result = SubmitTo(_worker);
        _exchange.Abandon(Failure.BadBody, Enum.Parse<CancelReason>(reason), "why");

        Assert.Equal(ExchangeResult.Failed, await result);
        Assert.Equal((Failure.BadBody, "why"), (_exchange.Failure, _exchange.Detail));
        Assert.Equal(reason, _worker.TakeCancel().ToString());
        Assert.Empty(_exchange.Events);
    }

    [Fact]
    public async Task Abandon_Streaming_BreaksTheAnswerOffAndTellsTheWorker()
    {
        ValueTask<ExchangeResult> result = SubmitTo(_worker);
        ulong id = _worker.TakeRequest();
        _worker.Begin(id);
        Assert.Equal(ExchangeResult.Streaming, await result);

        _exchange.Abandon(Failure.ClientGone, CancelReason.ClientLeft, "gone");
        _exchange.Abandon(Failure.BadBody, CancelReason.FrontError, "again");
        _worker.Body(id, "late", end: true);

        Assert.Equal(["broken off: ClientGone: gone"], _exchange.Events);
        Assert.Equal(CancelReason.ClientLeft, _worker.TakeCancel());
        Assert.Null(_worker.TakeCancel());
        Assert.Equal(Failure.ClientGone, _exchange.Failure);
        Assert.True(_exchange.IsEnded);
    }

    [Fact]
    public async Task Abandon_IdleOrEnded_DoesNothing()
    {
        _exchange.Abandon(Failure.ClientGone, CancelReason.ClientLeft, "gone");
        Assert.False(_exchange.IsSubmitted);

        ValueTask<ExchangeResult> result = SubmitTo(_worker);
        _worker.Answer(_worker.TakeRequest());
        _exchange.Abandon(Failure.ClientGone, CancelReason.ClientLeft, "gone");

        Assert.Equal(ExchangeResult.Complete, await result);
        Assert.Equal(Failure.None, _exchange.Failure);
        Assert.Empty(_worker.TakeAll());
    }

    [Theory]
    [InlineData(nameof(ResetReason.NotStarted), nameof(Failure.NotStarted))]
    [InlineData(nameof(ResetReason.ApplicationError), nameof(Failure.ApplicationError))]
    [InlineData(nameof(ResetReason.RuleViolation), nameof(Failure.ApplicationError))]
    [InlineData(nameof(ResetReason.NoResponse), nameof(Failure.ApplicationError))]
    [InlineData(nameof(ResetReason.Cancelled), nameof(Failure.ClientGone))]
    public async Task Sent_Reset_FailsWithWhatTheWorkerSays(string reason, string failure)
    {
        ValueTask<ExchangeResult> result = SubmitTo(_worker);
        _worker.Reset(_worker.TakeRequest(), Enum.Parse<ResetReason>(reason), "so it is");

        Assert.Equal(ExchangeResult.Failed, await result);
        Assert.Equal((failure, "so it is"), (_exchange.Failure.ToString(), _exchange.Detail));
        Assert.Empty(_exchange.Events);
    }

    [Fact]
    public async Task Streaming_Reset_BreaksTheAnswerOff()
    {
        ValueTask<ExchangeResult> result = SubmitTo(_worker);
        ulong id = _worker.TakeRequest();
        _worker.Begin(id);
        _worker.Reset(id, ResetReason.ApplicationError, "raised");

        Assert.Equal(ExchangeResult.Streaming, await result);
        Assert.Equal(["broken off: ApplicationError: raised"], _exchange.Events);
    }

    [Theory]
    [InlineData(nameof(StreamLoss.LinkLostAlone))]
    [InlineData(nameof(StreamLoss.LinkLost))]
    [InlineData(nameof(StreamLoss.LinkLostBehind))]
    public async Task Sent_WorkerDies_FailsAndSaysHowFarItWas(string loss)
    {
        var other = new MessageExchange(path: "/other");
        _dispatcher.Add(_worker.Handle);
        if (loss is not nameof(StreamLoss.LinkLostAlone))
        {
            other.Submit(_dispatcher, 0);
        }

        ValueTask<ExchangeResult> result = Submit();
        if (loss is nameof(StreamLoss.LinkLost))
        {
            _worker.Taken(_exchange.StreamId);
        }

        _worker.Die();

        Assert.Equal(ExchangeResult.Failed, await result);
        Assert.Equal(Failure.WorkerLost, _exchange.Failure);
        Assert.Equal(loss, _exchange.Loss.ToString());
        Assert.Same(_worker.Handle, _exchange.Lost);
        Assert.Null(_exchange.Detail);
    }

    [Fact]
    public async Task Streaming_WorkerDies_BreaksTheAnswerOff()
    {
        ValueTask<ExchangeResult> result = SubmitTo(_worker);
        _worker.Begin(_worker.TakeRequest());
        _worker.Die();

        Assert.Equal(ExchangeResult.Streaming, await result);
        Assert.Equal(["broken off: WorkerLost: the worker was lost"], _exchange.Events);
        Assert.Equal(Failure.WorkerLost, _exchange.Failure);
    }

    [Fact]
    public async Task Sent_DeadlinePassed_TimesOutOnceTheWorkerIsTold()
    {
        ValueTask<ExchangeResult> result = SubmitTo(_worker);
        ulong id = _worker.TakeRequest();
        OverdueStream overdue = Assert.Single(Look());

        Assert.Same(_exchange, overdue.Stream);
        Assert.Equal(CancelReason.Timeout, _worker.TakeCancel());
        Assert.True(_exchange.IsEnded);
        Assert.False(result.IsCompleted);
        _exchange.OnTimedOut(id);

        Assert.Equal(ExchangeResult.Failed, await result);
        Assert.Equal(Failure.TimedOut, _exchange.Failure);
    }

    [Fact]
    public void Sent_DeadlinePassedButTheClientIsSlow_GoesOn()
    {
        _exchange.WaitsForClient = true;
        ValueTask<ExchangeResult> result = SubmitTo(_worker);

        Assert.Empty(Look());
        Assert.Null(_worker.TakeCancel());
        Assert.False(_exchange.IsEnded);
        Assert.False(result.IsCompleted);

        _exchange.WaitsForClient = false;
        Assert.Single(Look());
    }

    [Fact]
    public void OnDeadline_StreamingOrOver_ChangesNothing()
    {
        Assert.Equal(DeadlineVerdict.Over, _exchange.OnDeadline(1));
        _ = SubmitTo(_worker).AsTask();
        ulong id = _worker.TakeRequest();
        Assert.Equal(DeadlineVerdict.Over, _exchange.OnDeadline(id + 1));
        _worker.Begin(id);
        Assert.Equal(DeadlineVerdict.Over, _exchange.OnDeadline(id));
        Assert.False(_exchange.IsEnded);
        _worker.Body(id, "", end: true);
        Assert.Equal(DeadlineVerdict.Over, _exchange.OnDeadline(id));
        Assert.Equal(Failure.None, _exchange.Failure);
    }

    [Fact]
    public void Retire_LateCallbacks_AreForNobody()
    {
        _ = SubmitTo(_worker).AsTask();
        ulong old = _worker.TakeRequest();
        _exchange.BeginNext();

        Assert.Equal(CancelReason.FrontError, _worker.TakeCancel());
        AssertDropped(old);
        Assert.False(_exchange.IsSubmitted);
        Assert.Equal(Failure.None, _exchange.Failure);
        Assert.Equal(-1, _exchange.WorkerIndex);
    }

    [Fact]
    public async Task NextRequest_LateCallbacksOfTheOneBefore_AreDropped()
    {
        _ = SubmitTo(_worker).AsTask();
        ulong old = _worker.TakeRequest();
        _worker.Answer(old);
        _exchange.BeginNext();
        ValueTask<ExchangeResult> next = Submit();
        ulong id = _worker.TakeRequest();
        Assert.NotEqual(old, id);

        AssertDropped(old);
        Assert.False(next.IsCompleted);
        Assert.False(_exchange.IsEnded);

        _worker.Begin(id);
        Assert.Equal(ExchangeResult.Streaming, await next);
        AssertDropped(old);
        Assert.Empty(_exchange.Events);
        _worker.Answer(old);
        _worker.Body(id, "x", end: true);
        Assert.Equal(["body 1 end"], _exchange.Events);
    }

    [Fact]
    public async Task Convict_AfterADeath_IsTheFailure()
    {
        ValueTask<ExchangeResult> result = SubmitTo(_worker);
        _worker.Die();
        Assert.Equal(ExchangeResult.Failed, await result);
        _exchange.Convict();

        Assert.Equal(Failure.Convicted, _exchange.Failure);
    }

    [Fact]
    public async Task Submit_Again_ForgetsWhatHadFailed()
    {
        ValueTask<ExchangeResult> first = SubmitTo(_worker);
        _worker.Reset(_worker.TakeRequest(), ResetReason.NotStarted, "going away");
        Assert.Equal(ExchangeResult.Failed, await first);
        await _exchange.SendAgainAsync(_dispatcher);
        ValueTask<ExchangeResult> second = _exchange.ResultAsync();

        Assert.Equal((Failure.None, (string?)null), (_exchange.Failure, _exchange.Detail));
        Assert.False(second.IsCompleted);
        _worker.Answer(_worker.TakeRequest());
        Assert.Equal(ExchangeResult.Complete, await second);
    }

    private void AssertDropped(ulong id)
    {
        Assert.True(_exchange.OnResponse(id, new ResponseMessage { Status = 200 }, end: true));
        Assert.True(_exchange.OnBody(id, "late"u8, end: true));
        Assert.True(_exchange.OnWindow(id, 1));
        _exchange.OnReset(id, ResetReason.ApplicationError, "late");
        _exchange.OnLost(id, StreamLoss.LinkLost);
        Assert.Equal(DeadlineVerdict.Over, _exchange.OnDeadline(id));
        Assert.Empty(_exchange.Events);
        Assert.Equal(Failure.None, _exchange.Failure);
    }

    private List<OverdueStream> Look()
    {
        List<OverdueStream> overdue = [];
        _worker.Link.Look(new Deadlines(Request: 0, Return: 100), overdue);
        return overdue;
    }

    private ValueTask<ExchangeResult> Submit()
    {
        _exchange.Submit(_dispatcher, 0);
        return _exchange.ResultAsync();
    }

    private ValueTask<ExchangeResult> SubmitTo(ScriptedWorker worker)
    {
        _dispatcher.Add(worker.Handle);
        return Submit();
    }
}
