using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Xunit;

namespace Hydra.Protocol.Generator.Tests;

public sealed class IncrementalTests
{
    [Fact]
    public void Outputs_AfterAnUnrelatedEdit_AreNotMadeAnew()
    {
        ImmutableArray<IncrementalStepRunReason> reasons = RunTwice(
            input => input.AddSyntaxTrees(WireRun.Parse("class Unrelated;", "U.cs")));

        Assert.All(reasons, reason => Assert.Equal(IncrementalStepRunReason.Cached, reason));
    }

    [Fact]
    public void Outputs_AfterAnEditOfTheDeclaration_AreMadeAnew()
    {
        ImmutableArray<IncrementalStepRunReason> reasons = RunTwice(
            _ => WireRun.Compile(new Edit("Messages.cs", "public uint Credit", "public ulong Credit")));

        Assert.Contains(IncrementalStepRunReason.Modified, reasons);
    }

    private static ImmutableArray<IncrementalStepRunReason> RunTwice(Func<CSharpCompilation, Compilation> edit)
    {
        CSharpCompilation input = WireRun.Compile();
        GeneratorDriver driver = WireRun.Driver().RunGenerators(input);
        GeneratorRunResult second = driver.RunGenerators(edit(input)).GetRunResult().Results.Single();
        return
        [
            .. from item in second.TrackedOutputSteps
               from step in item.Value
               from output in step.Outputs
               select output.Reason,
        ];
    }
}
