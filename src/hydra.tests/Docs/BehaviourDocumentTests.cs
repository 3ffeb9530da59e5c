using System.Reflection;
using System.Text.RegularExpressions;
using Xunit;

namespace Hydra.Tests.Docs;

/// <summary>docs/behaviour.md names tests that exist.</summary>
public sealed partial class BehaviourDocumentTests
{
    private static readonly string Document = File.ReadAllText(RepositoryFiles.At("docs", "behaviour.md"));

    [Fact]
    public void Document_EachTestOfCSharp_Exists()
    {
        HashSet<string> tests =
        [
            .. from type in Assembly.GetExecutingAssembly().GetTypes()
               from method in type.GetMethods()
               where method.GetCustomAttributes<FactAttribute>().Any()
               select $"{type.Name}.{method.Name}",
        ];
        string[] named = [.. CSharpName().Matches(Document).Select(m => m.Groups[1].Value)];

        Assert.NotEmpty(named);
        Assert.Empty(named.Except(tests));
    }

    [Fact]
    public void Document_EachTestOfPython_Exists()
    {
        Match[] named = [.. PythonName().Matches(Document).Cast<Match>()];

        Assert.NotEmpty(named);
        Assert.All(named, name => Assert.Contains(
            $"def {name.Groups[2].Value}(", File.ReadAllText(RepositoryFiles.At("python", "tests", name.Groups[1].Value)), StringComparison.Ordinal));
    }

    [Fact]
    public void Document_EachPromise_NamesATest()
    {
        string[] rows = [.. Document.Split('\n').Where(line => line.StartsWith("| ", StringComparison.Ordinal) && !line.StartsWith("| ---", StringComparison.Ordinal))];
        string[] withoutTest = [.. rows.Where(row => !CSharpName().IsMatch(row) && !PythonName().IsMatch(row) && !row.EndsWith("| test |", StringComparison.Ordinal))];

        Assert.NotEmpty(rows);
        Assert.Empty(withoutTest);
    }

    [GeneratedRegex(@"`(\w+Tests\.\w+)`")]
    private static partial Regex CSharpName();

    [GeneratedRegex(@"`(test_\w+\.py)::(test_\w+)`")]
    private static partial Regex PythonName();
}
