using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Text;

namespace Hydra.Protocol.Generator;

/// <summary>A place in a source file, without the syntax tree that a <see cref="Location"/> would keep alive.</summary>
internal sealed record LocationInfo(string Path, TextSpan Span, LinePositionSpan Lines)
{
    public static readonly LocationInfo None = new("", default, default);

    public static LocationInfo Of(ISymbol symbol)
    {
        Location? location = symbol.Locations.FirstOrDefault(item => item.IsInSource);
        return location is null ? None : new(location.SourceTree!.FilePath, location.SourceSpan, location.GetLineSpan().Span);
    }

    public Location ToLocation() => this == None ? Location.None : Location.Create(Path, Span, Lines);
}

/// <summary>A diagnostic as a value.</summary>
internal sealed record DiagnosticInfo(DiagnosticDescriptor Descriptor, LocationInfo Location, EquatableArray<string> Arguments)
{
    public static DiagnosticInfo At(DiagnosticDescriptor descriptor, LocationInfo location, params string[] arguments) =>
        new(descriptor, location, arguments.ToEquatable());

    public Diagnostic ToDiagnostic() =>
        Diagnostic.Create(Descriptor, Location.ToLocation(), Arguments.Cast<object>().ToArray());
}
