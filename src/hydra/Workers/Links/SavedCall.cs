using Hydra.Protocol;
using Hydra.State;

namespace Hydra.Workers.Links;

/// <summary>A call that outlives the frame in which it came.</summary>
/// <param name="Operation"><see cref="StateCall.Operation"/>.</param>
/// <param name="Options"><see cref="StateCall.Options"/>.</param>
/// <param name="Number"><see cref="StateCall.Number"/>.</param>
/// <param name="Other"><see cref="StateCall.Other"/>.</param>
/// <param name="Milliseconds"><see cref="StateCall.Milliseconds"/>.</param>
/// <param name="Wait"><see cref="StateCall.Wait"/>.</param>
/// <param name="Sequence"><see cref="StateCall.Sequence"/>.</param>
/// <param name="Key"><see cref="StateCall.Key"/>.</param>
/// <param name="Value"><see cref="StateCall.Value"/>.</param>
internal sealed record SavedCall(
    StateOperation Operation, StateOptions Options, long Number, long Other, long Milliseconds, uint Wait, uint Sequence, byte[] Key, byte[] Value)
{
    /// <summary>Keeps a call.</summary>
    public static SavedCall Of(in StateCall call) => new(
        call.Operation, call.Options, call.Number, call.Other, call.Milliseconds, call.Wait, call.Sequence, call.Key.ToArray(), call.Value.ToArray());

    /// <summary>The call.</summary>
    /// <param name="waited">Milliseconds for which it has waited.</param>
    public StateCall Get(long waited = 0) => new()
    {
        Operation = Operation,
        Options = Options,
        Number = Number,
        Other = Other,
        Milliseconds = Milliseconds,
        Wait = Wait == uint.MaxValue ? Wait : (uint)Math.Max(Wait - waited, 0),
        Sequence = Sequence,
        Key = Key,
        Value = Value,
    };
}
