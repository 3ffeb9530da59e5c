using Hydra.Dispatch;
using Hydra.Primitives;
using Hydra.Protocol;
using Hydra.Tests.Transport;
using Hydra.Tests.Workers;
using Hydra.Workers.Links;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Hydra.Tests.Dispatch;

public sealed class CrashRecoveryTests : IDisposable
{
    private const int Killed = 128 + 9;

    private readonly Dispatcher _dispatcher = new();
    private readonly RecordingLogger _log = new();
    private CrashRecovery _recovery;

    public CrashRecoveryTests() => _recovery = new CrashRecovery(RetryMode.Idempotent, _log);

    public void Dispose() => _dispatcher.Dispose();

    [Theory]
    [InlineData(nameof(RetryMode.Idempotent), "GET HEAD OPTIONS PUT DELETE TRACE", true)]
    [InlineData(nameof(RetryMode.Idempotent), "POST PATCH get CONNECT", false)]
    [InlineData(nameof(RetryMode.Always), "GET POST PATCH", true)]
    [InlineData(nameof(RetryMode.Never), "GET PUT POST", false)]
    public async Task WorkerDies_ByMethodAndMode_IsSentOnceMoreOrNot(string mode, string methods, bool isSent)
    {
        foreach (string method in methods.Split(' '))
        {
            _recovery = new CrashRecovery(Enum.Parse<RetryMode>(mode), _log);
            var exchange = new MessageExchange(method);
            ScriptedWorker first = Add();
            Task<ExchangeResult> result = RunAsync(exchange);
            first.Die();
            if (isSent)
            {
                ScriptedWorker second = Add();
                second.Answer(await second.TakeRequestAsync());
                Assert.True(exchange.IsRetry);
                Assert.Equal(ExchangeResult.Complete, await result);
                _dispatcher.Remove(second.Handle);
            }
            else
            {
                Assert.Equal(ExchangeResult.Failed, await result);
                Assert.Equal((Failure.WorkerLost, 1), (exchange.Failure, exchange.Submissions));
            }
        }
    }

    [Fact]
    public async Task WorkerDies_TheFrontHasNotTheWholeRequest_IsNotSentAgain()
    {
        var exchange = new MessageExchange { MayBeSentAgain = false };
        ScriptedWorker worker = Add();
        Task<ExchangeResult> result = RunAsync(exchange);
        worker.Die();

        Assert.Equal(ExchangeResult.Failed, await result);
        Assert.Equal(1, exchange.Submissions);
    }

    [Fact]
    public async Task Recover_GivenBackAgainAndAgain_IsSentUntilItIsAnswered()
    {
        ScriptedWorker worker = Add();
        Task<ExchangeResult> result = RunAsync(new MessageExchange("POST"));
        for (int i = 0; i < 110; i++)
        {
            worker.Reset(await worker.TakeRequestAsync(), ResetReason.NotStarted);
        }

        worker.Answer(await worker.TakeRequestAsync());
        Assert.Equal(ExchangeResult.Complete, await result);
    }

    [Theory]
    [InlineData(nameof(RetryMode.Idempotent))]
    [InlineData(nameof(RetryMode.Never))]
    public async Task GivenBack_AnyMethodAndMode_IsSentOn(string mode)
    {
        _recovery = new CrashRecovery(Enum.Parse<RetryMode>(mode), _log);
        ScriptedWorker worker = Add();
        Task<ExchangeResult> result = RunAsync(new MessageExchange("POST"));
        worker.Reset(await worker.TakeRequestAsync(), ResetReason.NotStarted);
        worker.Answer(await worker.TakeRequestAsync());

        Assert.Equal(ExchangeResult.Complete, await result);
    }

    [Theory]
    [InlineData(nameof(ResetReason.ApplicationError), nameof(Failure.ApplicationError))]
    [InlineData(nameof(ResetReason.NoResponse), nameof(Failure.ApplicationError))]
    public async Task ApplicationFails_Anyhow_IsNotSentAgain(string reason, string failure)
    {
        ScriptedWorker worker = Add();
        var exchange = new MessageExchange();
        Task<ExchangeResult> result = RunAsync(exchange);
        worker.Reset(await worker.TakeRequestAsync(), Enum.Parse<ResetReason>(reason));

        Assert.Equal(ExchangeResult.Failed, await result);
        Assert.Equal((failure, 1), (exchange.Failure.ToString(), exchange.Submissions));
    }

    [Fact]
    public async Task WorkersDie_TwiceFromOutside_IsGivenUpAndNotConvicted()
    {
        var exchange = new MessageExchange();
        ScriptedWorker first = Add(threads: 2);
        new MessageExchange(path: "/other").Submit(_dispatcher, 0);
        Task<ExchangeResult> result = RunAsync(exchange);
        ScriptedWorker second = Add(threads: 2);
        new MessageExchange(path: "/another").Submit(_dispatcher, 0);
        first.Die(Killed);
        second.Die(Killed);

        Assert.Equal(ExchangeResult.Failed, await result);
        Assert.Equal((Failure.WorkerLost, 2), (exchange.Failure, exchange.Submissions));
        Assert.False(_recovery.IsConvicted(exchange));
        Assert.Empty(_log.Records);
    }

    [Fact]
    public async Task WorkersDie_BeforeTheyComeToIt_IsGivenUpAfterTheFourth()
    {
        var exchange = new MessageExchange();
        ScriptedWorker worker = AddWithOther();
        Task<ExchangeResult> result = RunAsync(exchange);
        for (int i = 1; i <= 4; i++)
        {
            Assert.Equal((i, false), (exchange.Submissions, result.IsCompleted));
            ScriptedWorker next = AddWithOther();
            worker.Die();
            Assert.Equal(StreamLoss.LinkLostBehind, exchange.Loss);
            worker = next;
        }

        Assert.Equal(ExchangeResult.Failed, await result);
        Assert.Equal((Failure.WorkerLost, 4), (exchange.Failure, exchange.Submissions));
        Assert.False(_recovery.IsConvicted(exchange));
    }

    [Fact]
    public async Task WorkersDie_TwoAloneWithIt_ConvictsItUntilItIsAnswered()
    {
        var exchange = new MessageExchange("GET", "/poison");
        Assert.False(_recovery.IsConvicted(exchange));
        ScriptedWorker first = Add();
        Task<ExchangeResult> result = RunAsync(exchange);
        Die(first);
        Assert.False(_recovery.IsConvicted(new MessageExchange("GET", "/poison")));
        Die(Add(index: 5));

        Assert.Equal(ExchangeResult.Failed, await result);
        Assert.Equal(Failure.Convicted, exchange.Failure);
        Assert.True(_recovery.IsConvicted(exchange));
        Assert.True(_recovery.IsConvicted(new MessageExchange("GET", "/poison")));
        Assert.False(_recovery.IsConvicted(new MessageExchange("GET", "/other")));
        (LogLevel level, int id, string text) = Assert.Single(_log.Records);
        Assert.Equal((LogLevel.Error, 1710), (level, id));
        Assert.StartsWith("worker 5: GET /poison: two workers ended", text, StringComparison.Ordinal);

        _recovery.OnAnswered(exchange, _dispatcher);
        Assert.False(_recovery.IsConvicted(exchange));
    }

    [Fact]
    public async Task WorkerDies_OfOneAmongMany_RetriesThemAloneUntilOneIsAnsweredAndConvictsTheOne()
    {
        MessageExchange[] innocents = [.. Enumerable.Range(0, 8).Select(static _ => new MessageExchange(path: "/shop"))];
        var crash = new MessageExchange(path: "/crash");
        ScriptedWorker first = Add(threads: 16);
        Task<ExchangeResult>[] results = [.. innocents.Select(RunAsync)];
        Task<ExchangeResult> crashed = RunAsync(crash);
        Die(first);
        ScriptedWorker second = Add(index: 1, threads: 16);
        ulong alone = second.TakeRequest();
        Assert.Empty(second.TakeAll());
        second.Answer(alone);
        Assert.All(innocents, e => Assert.NotEqual(Failure.Convicted, e.Failure));

        // Its like are beyond suspicion. The other one waits until they are done.
        List<GotFrame> rest = [];
        await Until.True(() =>
        {
            rest.AddRange(second.TakeAll());
            return rest.Count == 7;
        }, "the others are sent");
        rest.ForEach(frame => second.Answer(frame.Id));
        Assert.All(await Task.WhenAll(results), result => Assert.Equal(ExchangeResult.Complete, result));
        await second.TakeRequestAsync();
        Die(second);

        Assert.Equal(ExchangeResult.Failed, await crashed);
        Assert.Equal(Failure.Convicted, crash.Failure);
        Assert.False(_recovery.IsConvicted(new MessageExchange(path: "/shop")));
    }

    [Fact]
    public async Task WorkersDie_AnsweredInBetween_IsNotConvicted()
    {
        for (int i = 0; i < 3; i++)
        {
            var exchange = new MessageExchange();
            ScriptedWorker first = Add();
            Task<ExchangeResult> result = RunAsync(exchange);
            first.Die();
            ScriptedWorker second = Add();
            second.Answer(await second.TakeRequestAsync());
            Assert.Equal(ExchangeResult.Complete, await result);
            _recovery.OnAnswered(exchange, _dispatcher);
            _dispatcher.Remove(second.Handle);
        }

        Assert.Empty(_log.Records);
    }

    [Fact]
    public async Task Abandoned_WhileItWaitsToBeSentAgain_IsOver()
    {
        var exchange = new MessageExchange();
        ScriptedWorker worker = Add();
        Task<ExchangeResult> result = RunAsync(exchange);
        worker.Die();
        Assert.True(exchange.IsWaiting);
        exchange.Abandon(Failure.ClientGone, CancelReason.ClientLeft, "gone");

        Assert.Equal(ExchangeResult.Failed, await result);
        Assert.Equal(Failure.ClientGone, exchange.Failure);
        Assert.Equal(0, _dispatcher.QueueLength);
    }

    // What the forwarder does; without xunit's context, so that it goes on inside the call that wakes it, as there.
    private async Task<ExchangeResult> RunAsync(MessageExchange exchange)
    {
        exchange.Submit(_dispatcher, 0);
        ExchangeResult result = await exchange.ResultAsync().ConfigureAwait(false);
        if (result is ExchangeResult.Failed)
        {
            result = await _recovery.RecoverAsync(exchange, _dispatcher).ConfigureAwait(false);
        }

        if (result is ExchangeResult.Complete)
        {
            _recovery.OnAnswered(exchange, _dispatcher);
        }

        return result;
    }

    private void Die(ScriptedWorker worker)
    {
        worker.Die();
        _dispatcher.Remove(worker.Handle);
    }

    private ScriptedWorker AddWithOther()
    {
        ScriptedWorker worker = Add();
        new MessageExchange(path: "/other").Submit(_dispatcher, 0);
        return worker;
    }

    private ScriptedWorker Add(int index = 0, int threads = 0)
    {
        var worker = new ScriptedWorker(index, threads);
        _dispatcher.Add(worker.Handle);
        return worker;
    }
}
