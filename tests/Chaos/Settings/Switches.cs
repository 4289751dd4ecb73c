namespace Cdp.Chaos.Settings;

/// <summary>
/// Kinds of input and faults that can be disabled one by one: a kind that the product does not handle yet would hide everything else that a run finds.
/// Every enabled kind must occur.
/// </summary>
public static class Switches
{
    /// <summary>The kinds of odd input that senders produce.</summary>
    public static readonly IReadOnlyList<OddInput> OddInputs = Enum.GetValues<OddInput>();

    /// <summary>The errors that the registry answers with.</summary>
    public static readonly IReadOnlyList<string> RegistryErrors = RegistryError.All;

    /// <summary>Store the copies of a message in the reverse order of their <c>receivedAt</c>.</summary>
    public static bool InvertsRepeats => true;

    /// <summary>Include customers near every limit of a profile.</summary>
    public static bool HasHeavyCustomers => true;

    /// <summary>Write unreadable records to events.identified.</summary>
    public static bool WritesGarbageToIdentified => true;
}
