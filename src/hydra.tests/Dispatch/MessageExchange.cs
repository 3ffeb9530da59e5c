using System.Buffers;
using System.Text;
using Hydra.Dispatch;
using Hydra.Protocol;
using Hydra.Workers.Links;

namespace Hydra.Tests.Dispatch;

/// <summary>The least that an exchange can be: its answer is a head and pieces, of which it keeps the lengths.</summary>
internal sealed class MessageExchange : Exchange
{
    private readonly byte[] _frame;

    public MessageExchange(string method = "GET", string path = "/")
    {
        Method = method;
        Path = path;
        var frame = new ArrayBufferWriter<byte>();
        new RequestMessage { Method = Encoding.ASCII.GetBytes(method), RawPath = Encoding.ASCII.GetBytes(path) }
            .WriteFrame(frame, FrameFlags.End, 0);
        _frame = frame.WrittenSpan.ToArray();
    }

    public override string Method { get; }

    public override string Path { get; }

    public override bool IsReplayable => MayBeSentAgain;

    public override ReadOnlySpan<byte> RequestFrame => _frame;

    public bool MayBeSentAgain { get; init; } = true;

    public bool WaitsForClient { get; set; }

    /// <summary>What came for it after its answer had begun.</summary>
    public List<string> Events { get; } = [];

    /// <summary>The times that it was handed to a dispatcher, and to a link.</summary>
    public int Submissions { get; private set; }

    public int Sendings { get; private set; }

    public ulong StreamId => Id;

    public WorkerLink? StreamLink => Link;

    protected override bool AwaitsClient => WaitsForClient;

    /// <summary>The request is over, and the next one of the same object begins.</summary>
    public void BeginNext()
    {
        Retire();
        Restart();
    }

    public override ValueTask SendAgainAsync(Dispatcher dispatcher)
    {
        IsRetry = true;
        Submit(dispatcher, 0);
        return ValueTask.CompletedTask;
    }

    public override bool OnResponse(ulong id, in ResponseMessage response, bool end)
    {
        lock (Lock)
        {
            if (StateOf(id) is not ExchangeState.Sent)
            {
                return StateOf(id) is not ExchangeState.Streaming;
            }

            Begin(isWhole: end);
        }

        Answer(end ? ExchangeResult.Complete : ExchangeResult.Streaming);
        return true;
    }

    public override bool OnBody(ulong id, ReadOnlySpan<byte> data, bool end)
    {
        lock (Lock)
        {
            if (StateOf(id) is not ExchangeState.Streaming)
            {
                return StateOf(id) is ExchangeState.Ended;
            }

            if (end)
            {
                Complete();
            }
        }

        Events.Add($"body {data.Length}{(end ? " end" : "")}");
        return true;
    }

    public override bool OnWindow(ulong id, uint credit)
    {
        lock (Lock)
        {
            if (StateOf(id) is not ExchangeState.Ended)
            {
                Events.Add($"window {credit}");
            }
        }

        return true;
    }

    protected override void OnSubmitting() => Submissions++;

    protected override void OnSent(WorkerLink link, ulong id) => Sendings++;

    protected override void OnBrokenOff(Failure failure, string message) => Events.Add($"broken off: {failure}: {message}");
}
