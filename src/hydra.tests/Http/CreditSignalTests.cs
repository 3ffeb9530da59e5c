using Hydra.Http;
using Xunit;

namespace Hydra.Tests.Http;

public class CreditSignalTests
{
    [Fact]
    public async Task WaitAsync_AlreadySet_CompletesAtOnce()
    {
        var signal = new CreditSignal();
        signal.Reset();
        signal.Set();

        ValueTask<bool> wait = signal.WaitAsync();

        Assert.True(wait.IsCompleted);
        Assert.True(await wait);
    }

    [Fact]
    public async Task WaitAsync_SetLater_CompletesWithTrue()
    {
        var signal = new CreditSignal();
        signal.Reset();
        ValueTask<bool> wait = signal.WaitAsync();
        Assert.False(wait.IsCompleted);

        signal.Set();

        Assert.True(await wait);
    }

    [Fact]
    public async Task WaitAsync_StoppedLater_CompletesWithFalse()
    {
        var signal = new CreditSignal();
        signal.Reset();
        ValueTask<bool> wait = signal.WaitAsync();

        signal.Stop();
        signal.Set();

        Assert.False(await wait);
        Assert.False(await signal.WaitAsync());
    }

    [Fact]
    public async Task Clear_AfterSet_MakesTheNextWaiterWait()
    {
        var signal = new CreditSignal();
        signal.Reset();
        signal.Set();
        signal.Clear();

        ValueTask<bool> wait = signal.WaitAsync();
        Assert.False(wait.IsCompleted);
        signal.Set();

        Assert.True(await wait);
    }
}
