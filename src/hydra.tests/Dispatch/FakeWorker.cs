using System.Buffers;
using System.Text;
using Hydra.Protocol;
using Hydra.Tests.Workers.Links;
using Hydra.Workers.Links;
using Xunit;

namespace Hydra.Tests.Dispatch;

/// <summary>A worker whose process is the test.</summary>
internal sealed class FakeWorker
{
    /// <summary>A worker that is ready.</summary>
    /// <param name="threads">0 for an event loop.</param>
    /// <param name="limit">--limit-concurrency.</param>
    /// <param name="index">Its index, which one may share that comes after it.</param>
    public FakeWorker(int threads = 0, int limit = 0, int index = 0)
    {
        Handle = new WorkerHandle(index);
        var link = new WorkerLink(Channel, Handle, 0, (l, _) => l.Worker.Shut());
        link.Start();
        Handle.Open([link], new WorkerWindow(threads, limit));
    }

    /// <summary>One whose requests are quick, so that it is given many.</summary>
    public static FakeWorker Quick()
    {
        var worker = new FakeWorker();
        worker.Handle.Window.Report(1, 1000);
        return worker;
    }

    public WorkerHandle Handle { get; }

    public FakeChannel Channel { get; } = new();

    /// <summary>The paths of the requests that it got since the last time.</summary>
    public List<string> TakePaths() => [.. TakeRequests().Select(r => r.Path)];

    /// <summary>The requests that it got since the last time.</summary>
    public List<(ulong Id, string Path, uint Queued)> TakeRequests()
    {
        List<(ulong, string, uint)> requests = [];
        foreach ((FrameHeader header, byte[] payload) in Channel.TakeFrames())
        {
            Assert.True(RequestMessage.TryRead(payload, out RequestMessage request));
            requests.Add((header.Stream, Encoding.ASCII.GetString(request.RawPath), request.QueueMicroseconds));
        }

        return requests;
    }

    /// <summary>Answers requests in one piece.</summary>
    public void Answer(params IEnumerable<ulong> ids)
    {
        var frames = new ArrayBufferWriter<byte>();
        foreach (ulong id in ids)
        {
            new ResponseMessage { Status = 200 }.WriteFrame(frames, FrameFlags.End, id);
        }

        Channel.Receive(frames.WrittenSpan);
    }

    /// <summary>Has begun the request and all before it.</summary>
    public void Take(ulong id)
    {
        var frames = new ArrayBufferWriter<byte>();
        new TakenMessage().WriteFrame(frames, FrameFlags.None, id);
        Channel.Receive(frames.WrittenSpan);
    }
}
