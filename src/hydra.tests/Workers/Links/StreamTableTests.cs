using Hydra.Workers.Links;
using Xunit;

namespace Hydra.Tests.Workers.Links;

/// <summary>Places and generations.</summary>
public class StreamTableTests
{
    private readonly WorkerHandle _worker = new(0);
    private readonly StreamTable _streams;

    public StreamTableTests()
    {
        _worker.Open([], new WorkerWindow(threads: 0, limit: 0));
        _worker.Window.Report(1, 1000);
        _streams = new StreamTable(_worker);
    }

    [Fact]
    public void Take_ManyMoreThanAtFirst_KeepsThoseThatThereAre()
    {
        List<(ulong Id, FakeStream Stream)> opened = [];
        for (int i = 0; i < 200; i++)
        {
            opened.Add(Open());
        }

        Assert.Equal(200, opened.Select(o => o.Id).Distinct().Count());
        Assert.DoesNotContain(0ul, opened.Select(o => o.Id));
        Assert.All(opened, o => Assert.Same(o.Stream, _streams.At(_streams.IndexOf(o.Id)).Stream));
    }

    [Fact]
    public void Remove_Stream_FreesItsPlaceForAnotherGeneration()
    {
        (ulong id, _) = Open();
        _streams.Remove(_streams.IndexOf(id));
        Assert.Equal(-1, _streams.IndexOf(id));
        Assert.Equal(0, _worker.InFlight);

        (ulong next, _) = Open();
        Assert.Equal((uint)id, (uint)next);
        Assert.Equal((id >> 32) + 1, next >> 32);
        Assert.Equal(-1, _streams.IndexOf(id));
    }

    [Theory]
    [InlineData(0ul)]
    [InlineData(5ul)]
    [InlineData((1ul << 32) | 5)]
    [InlineData(ulong.MaxValue)]
    public void IndexOf_IdThatNobodyHas_IsNone(ulong id)
    {
        Open();

        Assert.Equal(-1, _streams.IndexOf(id));
        Assert.Equal(-1, _streams.IndexOfOpen(id));
    }

    [Fact]
    public void IndexOfOpen_CancelledStream_IsNoneAndItKeepsItsPlace()
    {
        (ulong id, _) = Open();
        ref StreamSlot slot = ref _streams.At(_streams.IndexOf(id));
        slot.Stream = null;
        slot.IsCancelled = true;

        Assert.Equal(-1, _streams.IndexOfOpen(id));
        Assert.Equal(0, _streams.IndexOf(id));
        Assert.True(slot.IsTaken);
    }

    [Fact]
    public void RemoveAll_PlacesThatWereUsedAgain_GivesTheOrderOfSending()
    {
        (ulong first, _) = Open(sequence: 1);
        (ulong second, FakeStream kept) = Open(sequence: 2);
        _streams.Remove(_streams.IndexOf(first));
        (ulong third, FakeStream last) = Open(sequence: 3);

        Assert.Equal([new LostStream(2, kept, second), new LostStream(3, last, third)], _streams.RemoveAll());
        Assert.Empty(_streams.RemoveAll());
        Assert.Equal(0, _worker.InFlight);
    }

    private (ulong Id, FakeStream Stream) Open(long sequence = 0)
    {
        _worker.Window.TryEnter();
        var stream = new FakeStream();
        int index = _streams.Take();
        ref StreamSlot slot = ref _streams.At(index);
        slot.Stream = stream;
        slot.Sequence = sequence;
        return (_streams.IdOf(index), stream);
    }
}
