using Hydra.Transport;
using Xunit;

namespace Hydra.Tests.Transport;

/// <summary>What a connection has to do about its end, without a connection.</summary>
public class ConnectionEndingTests
{
    [Fact]
    public void OnSent_NobodyEndsIt_GoesOn()
    {
        ConnectionEnding ending = default;
        Assert.True(ending.IsOpen);
        Assert.Equal(EndStep.None, ending.OnSent(mayLinger: true));
    }

    [Fact]
    public void OnSent_OutputHasEnded_EndsItOnce()
    {
        ConnectionEnding ending = default;
        ending.OnOutputEnds();
        Assert.False(ending.IsOpen);
        Assert.Equal(EndStep.EndOutput, ending.OnSent(mayLinger: true));
        Assert.Equal(EndStep.None, ending.OnSent(mayLinger: true));
    }

    [Theory]
    [InlineData(false, true, EndStep.CloseAndLinger)]
    [InlineData(false, false, EndStep.Close)]
    [InlineData(true, true, EndStep.Close)]
    [InlineData(true, false, EndStep.Close)]
    internal void OnSent_Disposing_LingersOnlyForAClientThatMayBeSending(bool peerFinished, bool mayLinger, EndStep expected)
    {
        ConnectionEnding ending = default;
        ending.OnPeer(peerFinished);
        ending.OnDisposing();
        Assert.False(ending.IsOpen);
        Assert.Equal(expected, ending.OnSent(mayLinger));
    }

    [Fact]
    public void OnSent_DisposingWithOutputThatHasToEnd_Closes()
    {
        ConnectionEnding ending = default;
        ending.OnOutputEnds();
        ending.OnDisposing();
        Assert.Equal(EndStep.CloseAndLinger, ending.OnSent(mayLinger: true));
    }

    [Fact]
    public void TryClose_Twice_OnlyTheFirstCloses()
    {
        ConnectionEnding ending = default;
        ending.OnDisposing();
        Assert.True(ending.TryClose());
        Assert.False(ending.TryClose());
        Assert.Equal(EndStep.None, ending.OnSent(mayLinger: true));
    }

    [Fact]
    public void OnPeer_FinishedOnce_StaysFinished()
    {
        ConnectionEnding ending = default;
        ending.OnPeer(isFinished: true);
        ending.OnPeer(isFinished: false);
        Assert.True(ending.PeerFinished);
        Assert.False(ending.IsOpen);
    }

    [Fact]
    public void TryStartGrace_PeerFinished_StartsOnce()
    {
        ConnectionEnding ending = default;
        Assert.False(ending.TryStartGrace());
        ending.OnPeer(isFinished: true);
        Assert.True(ending.TryStartGrace());
        Assert.False(ending.TryStartGrace());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void TryStartGrace_OwnerIsThroughOrClosed_DoesNot(bool closed)
    {
        ConnectionEnding ending = default;
        ending.OnPeer(isFinished: true);
        if (closed)
        {
            ending.TryClose();
        }
        else
        {
            ending.OnDisposing();
        }

        Assert.False(ending.TryStartGrace());
    }
}
