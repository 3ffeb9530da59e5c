using Hydra.Dispatch;
using Hydra.Protocol;
using Xunit;

namespace Hydra.Tests.Dispatch;

/// <summary>Whoever comes first decides, and the handler hears exactly one result.</summary>
public sealed class ExchangeRaceTests
{
    private const int Rounds = 2000;

    [Fact]
    public async Task Abandon_RacesWithTheAnswer_ExactlyOneCounts()
    {
        using var dispatcher = new Dispatcher();
        var worker = new ScriptedWorker();
        dispatcher.Add(worker.Handle);
        var exchange = new MessageExchange();
        for (int i = 0; i < Rounds; i++)
        {
            exchange.BeginNext();
            exchange.Submit(dispatcher, 0);
            Task<ExchangeResult> result = exchange.ResultAsync().AsTask();
            ulong id = worker.TakeRequest();
            await BothAsync(
                () => worker.Answer(id), () => exchange.Abandon(Failure.ClientGone, CancelReason.ClientLeft, "gone"), i);

            bool isAnswered = await result is ExchangeResult.Complete;
            Assert.Equal(isAnswered ? Failure.None : Failure.ClientGone, exchange.Failure);

            // Cancelled when nobody has answered; a CANCEL that finds the stream over is not sent.
            Assert.True(worker.TakeCancel() is null || !isAnswered);
            Assert.Equal(0, worker.Handle.InFlight);
        }
    }

    [Fact]
    public async Task Abandon_RacesWithTheWorkersDeath_ExactlyOneCounts()
    {
        using var dispatcher = new Dispatcher();
        var exchange = new MessageExchange();
        for (int i = 0; i < Rounds / 4; i++)
        {
            var worker = new ScriptedWorker();
            dispatcher.Add(worker.Handle);
            exchange.BeginNext();
            exchange.Submit(dispatcher, 0);
            Task<ExchangeResult> result = exchange.ResultAsync().AsTask();
            ulong id = worker.TakeRequest();
            if (i % 2 == 0)
            {
                worker.Begin(id);
            }

            exchange.Events.Clear();
            await BothAsync(() => worker.Die(), () => exchange.Abandon(Failure.ClientGone, CancelReason.ClientLeft, "gone"), i);

            Assert.Equal(i % 2 == 0 ? ExchangeResult.Streaming : ExchangeResult.Failed, await result);
            Assert.Equal(i % 2 == 0 ? 1 : 0, exchange.Events.Count);
            Assert.True(exchange.Failure is Failure.ClientGone or Failure.WorkerLost);
            dispatcher.Remove(worker.Handle);
        }
    }

    [Fact]
    public async Task Abandon_RacesWithAWorkerThatComes_IsNeverLeftWithIt()
    {
        for (int i = 0; i < Rounds / 4; i++)
        {
            using var dispatcher = new Dispatcher();
            var worker = new ScriptedWorker();
            var exchange = new MessageExchange();
            exchange.Submit(dispatcher, 0);
            Task<ExchangeResult> result = exchange.ResultAsync().AsTask();
            await BothAsync(
                () => dispatcher.Add(worker.Handle), () => exchange.Abandon(Failure.ClientGone, CancelReason.ClientLeft, "gone"), i);

            Assert.Equal(ExchangeResult.Failed, await result);
            Assert.Equal(0, dispatcher.QueueLength);

            // Either it was not sent, or it was cancelled as well.
            Assert.Equal(worker.TryTake(MessageType.Request) is not null, worker.TakeCancel() is CancelReason.ClientLeft);
        }
    }

    // Both at once, the one or the other a little sooner.
    private static async Task BothAsync(Action one, Action other, int round)
    {
        using var start = new Barrier(2);
        Task first = Task.Run(() =>
        {
            start.SignalAndWait();
            Thread.SpinWait(round % 7 * 10);
            one();
        });
        Task second = Task.Run(() =>
        {
            start.SignalAndWait();
            Thread.SpinWait(round % 5 * 10);
            other();
        });
        await Task.WhenAll(first, second);
    }
}
