using Hydra.Http;
using Xunit;

namespace Hydra.Tests.Http;

/// <summary>What is held against a connection whose workers die.</summary>
public sealed class ResumptionTests
{
    private readonly ResumeDesk _desk = new(1 << 20);

    [Fact]
    public void Deaths_WithoutProgress_AreTooManyInTheEnd_WhateverTheyAreOf()
    {
        var resumption = new Resumption(_desk, 0);
        for (int i = 0; i < 10; i++)
        {
            resumption.OnLost(isSuspect: false);
            Assert.False(resumption.IsExhausted);
        }

        resumption.OnLost(isSuspect: false);
        Assert.Equal((true, false, false), (resumption.IsExhausted, resumption.IsSuspect, resumption.IsConvicted));
        resumption.Settle();
        Assert.False(resumption.IsExhausted);
    }

    [Fact]
    public void Suspect_WhoseWorkerLivesOn_IsNoneAnyMore()
    {
        var resumption = new Resumption(_desk, 0);
        resumption.OnLost(isSuspect: true);
        resumption.OnLost(isSuspect: true);
        Assert.True(resumption.IsSuspect);

        resumption.IsMoving = true;
        resumption.Acquit();
        Assert.True(resumption.IsSuspect);
        resumption.IsMoving = false;
        resumption.Acquit();
        Assert.False(resumption.IsSuspect);
    }

    [Fact]
    public void Trial_ThatHasNotBegunInAWorker_SaysNothingOfOthers()
    {
        var tried = new Resumption(_desk, 0);
        var other = new Resumption(_desk, 0);
        _desk.BeginTrial(tried);

        other.Worker = new Hydra.Workers.Links.WorkerHandle(0);
        other.OnLost(isSuspect: true);
        Assert.Equal(1, other.Losses);
        tried.Worker = other.Worker;
        other.OnLost(isSuspect: true);
        Assert.Equal(1, other.Losses);
    }
}
