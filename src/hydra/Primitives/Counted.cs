using System.Globalization;

namespace Hydra.Primitives;

/// <summary>Numbers of things, as people write them.</summary>
internal static class Counted
{
    /// <summary>1 worker, 2 workers.</summary>
    /// <param name="count">How many.</param>
    /// <param name="one">What one is called; several have an s behind it.</param>
    public static string Of(long count, string one) => string.Create(CultureInfo.InvariantCulture, $"{count} {one}{(count == 1 ? "" : "s")}");

    /// <summary>1 worker was, 2 workers were.</summary>
    /// <param name="count">How many.</param>
    /// <param name="one">What one is called.</param>
    /// <param name="singular">The verb of one.</param>
    /// <param name="plural">The verb of several.</param>
    public static string Of(long count, string one, string singular, string plural) => $"{Of(count, one)} {(count == 1 ? singular : plural)}";
}
