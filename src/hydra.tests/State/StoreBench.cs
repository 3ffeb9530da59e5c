using System.Text;
using Hydra.Protocol;
using Hydra.State;

namespace Hydra.Tests.State;

/// <summary>A store under a clock of the test's, with calls that are easy to write.</summary>
internal sealed class StoreBench : IStateCaller, IDisposable
{
    public StoreBench(long memory = 1 << 20, bool evicts = false) => Store = new StateStore(new StateStoreOptions(memory, evicts), Clock);

    public StateClock Clock { get; } = new();

    public StateStore Store { get; }

    public StateOwner Owner { get; } = new();

    /// <summary>What was told later, as "sequence status number".</summary>
    public List<string> Told { get; } = [];

    /// <summary>The tokens that were told later.</summary>
    public List<long> Tokens { get; } = [];

    public StateResult? Run(
        StateOperation operation, string key, string value = "", long number = 0, long other = 0, long milliseconds = 0,
        uint wait = 0, uint sequence = 1, StateOptions options = StateOptions.None, StateOwner? owner = null, IStateCaller? caller = null)
        => Store.Execute(
            new StateCall
            {
                Operation = operation,
                Options = options,
                Number = number,
                Other = other,
                Milliseconds = milliseconds,
                Wait = wait,
                Sequence = sequence,
                Key = Encoding.UTF8.GetBytes(key),
                Value = Encoding.UTF8.GetBytes(value),
            },
            owner ?? Owner,
            caller ?? this);

    public StateStatus Set(string key, string value, long milliseconds = 0, StateOptions options = StateOptions.None, long version = 0)
        => Run(StateOperation.Set, key, value, other: version, milliseconds: milliseconds, options: options)!.Value.Status;

    public string? Get(string key)
        => Run(StateOperation.Get, key) is { Status: StateStatus.Done } result ? result.IsNumber ? $"{result.Number}" : Encoding.UTF8.GetString(result.Value!) : null;

    public long Version(string key) => Run(StateOperation.Get, key)!.Value.Other;

    public StateResult Add(string key, long delta, long? initial = 0, long milliseconds = 0, string once = "")
        => Run(
            StateOperation.Add, key, once, initial ?? 0, delta, milliseconds,
            options: StateOptions.KeepTime | (initial is null ? StateOptions.None : StateOptions.Create))!.Value;

    public StateResult? Acquire(string key, uint sequence = 1, long places = 1, long lease = 0, uint wait = 0, StateOwner? owner = null, IStateCaller? caller = null)
        => Run(StateOperation.Acquire, key, number: places, milliseconds: lease, wait: wait, sequence: sequence, owner: owner, caller: caller);

    public StateStatus Release(string key, long token) => Run(StateOperation.Release, key, other: token)!.Value.Status;

    public void Reply(uint sequence, in StateResult result)
    {
        Told.Add($"{sequence} {result.Status}");
        Tokens.Add(result.Number);
    }

    public void Dispose() => Store.Dispose();
}
