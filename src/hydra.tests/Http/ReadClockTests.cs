using System.IO.Pipelines;
using Hydra.Http;
using Hydra.Tests.Functional.Harness;
using Xunit;

namespace Hydra.Tests.Http;

public sealed class ReadClockTests
{
    [Fact]
    public async Task Start_NothingComes_CancelsTheRead()
    {
        var pipe = new Pipe();
        var clock = new ReadClock(TimeSpan.FromMilliseconds(1));
        ValueTask<ReadResult> read = pipe.Reader.ReadAsync();
        clock.Start(pipe.Reader);

        Assert.True((await read).IsCanceled);
        Assert.True(clock.Stop());
    }

    [Fact]
    public async Task Stop_BeforeTheTime_LeavesTheNextReadAlone()
    {
        var pipe = new Pipe();
        var clock = new ReadClock(TimeSpan.FromHours(1));
        clock.Start(pipe.Reader);
        Assert.False(clock.Stop());
        ValueTask<ReadResult> read = pipe.Reader.ReadAsync();
        await pipe.Writer.WriteAsync(new byte[1]);

        Assert.False((await read).IsCanceled);
    }

    [Fact]
    public async Task Start_Again_CountsAnew()
    {
        var pipe = new Pipe();
        var clock = new ReadClock(TimeSpan.FromMilliseconds(1));
        clock.Start(pipe.Reader);
        Assert.True((await pipe.Reader.ReadAsync()).IsCanceled);
        Assert.True(clock.Stop());
        clock.Start(pipe.Reader);
        Assert.True((await pipe.Reader.ReadAsync().AsTask().WithinLimitAsync("the second end")).IsCanceled);
    }
}
