using Hydra.Protocol;
using Hydra.Transport;

namespace Hydra.Tests.Workers.Links;

/// <summary>A channel whose other side is the test: what is written stays in <see cref="LinkChannel.Output"/>.</summary>
internal sealed class FakeChannel : LinkChannel
{
    private ILinkSink? _sink;

    public bool IsClosed { get; private set; }

    public int Flushes { get; private set; }

    public override void Start(ILinkSink sink)
    {
        _sink = sink;
        if (IsClosed)
        {
            sink.OnClosed(null);
        }
    }

    public override void FlushSoon() => Flushes++;

    public override void Close()
    {
        if (!IsClosed)
        {
            IsClosed = true;
            _sink?.OnClosed(null);
        }
    }

    /// <summary>Bytes from the worker; closes as a real channel does when the sink says so.</summary>
    public int Receive(ReadOnlySpan<byte> data)
    {
        int consumed = _sink!.OnBytes(data);
        if (consumed < 0)
        {
            Close();
        }

        return consumed;
    }

    /// <summary>Takes the frames written so far.</summary>
    public List<(FrameHeader Header, byte[] Payload)> TakeFrames()
    {
        List<(FrameHeader, byte[])> frames = [];
        ReadOnlySpan<byte> rest = Output.Written;
        while (FrameReader.TryReadFrame(ref rest, out FrameHeader header, out ReadOnlySpan<byte> payload) is FrameReadStatus.Ok)
        {
            frames.Add((header, payload.ToArray()));
        }

        Output.Clear();
        return frames;
    }
}
