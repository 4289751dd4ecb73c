using System.Globalization;
using Cdp.Chaos.Settings;

namespace Cdp.Chaos.People;

/// <summary>
/// Customers near every limit of a profile: more traits than a profile keeps, of all sizes, more event names, more accounts, and longer strings.
/// Real servers produce such customers when they invent a trait per product or an event per page. Larger runs also have an account with more people than it
/// lists.
/// </summary>
public static class HeavyCustomers
{
    /// <summary>The group with more people than an account lists.</summary>
    public const string LargeAccount = "account-crowd";

    private const int MinEvents = 2_000, EventsPerCustomer = 20_000, EventNames = 330, TraitNames = 450;
    private const int Identifies = 40, TraitsPerIdentify = 30, Groups = 110, People = 1_030;

    /// <summary>Sizes of traits in bytes of JSON, around each bound; most are small.</summary>
    private static readonly int[] Sizes = [8, 8, 8, 8, 8, 8, 8, 8, 255, 256, 257, 300, 300, 1_023, 1_024, 1_025, 1_500, 8_191, 8_192, 8_193];

    /// <summary>Lengths of names and identifiers in bytes: at each bound and one above.</summary>
    private static readonly int[] Lengths = [64, 65, 72, 73, 128, 129, 192, 193, 300];

    private static readonly int[] MessageIdLengths = [64, 65, 100];

    /// <summary>Whether a population of this many events has such customers.</summary>
    public static bool AreIncluded(int events) => Switches.HasHeavyCustomers && events >= MinEvents;

    /// <summary>Whether a population of this many events has the large account.</summary>
    public static bool HasLargeAccount(int events) => AreIncluded(events) && events >= EventsPerCustomer;

    /// <summary>The events of all of them, in order.</summary>
    /// <param name="events">The number of events of the whole population.</param>
    /// <param name="random">The population's generator.</param>
    public static Queue<Draft> Drafts(int events, Random random)
    {
        var drafts = new List<Draft>();
        if (!AreIncluded(events)) return [];
        for (var i = 0; i <= events / EventsPerCustomer; i++) drafts.AddRange(Customer(i, random));
        if (HasLargeAccount(events)) drafts.AddRange(Enumerable.Range(0, People).Select(Member));
        return new Queue<Draft>(drafts);
    }

    private static Draft Member(int number) =>
        new("group", null, $"member-{number}".PadRight(Lengths[number % Lengths.Length], 'm')) { Source = Sources.Shop, GroupId = LargeAccount };

    private static List<Draft> Customer(int number, Random random)
    {
        var userId = $"collector-{number}-".PadRight(number % 2 == 0 ? 250 : 192, 'u');
        string[] devices = [$"collector-{number}-a".PadRight(192, 'd'), $"collector-{number}-b".PadRight(193, 'd')];
        var drafts = new List<Draft>();
        string[] pages =
        [
            .. Enumerable.Range(0, EventNames).Select(i => $"Page {number}.{i} Viewed"), .. Lengths.Select(length => "Größe ".PadRight(length - 2, 'e')),
        ];
        random.Shuffle(pages);
        // Anonymous events before the login make profiles just as large, which the login merges.
        for (var i = 0; i < pages.Length; i++) drafts.Add(new Draft("track", devices[i % 2], null) { Name = pages[i] });
        foreach (var page in pages.Take(pages.Length / 4)) drafts.Add(new Draft("track", null, userId) { Name = page });
        for (var i = 0; i < Identifies; i++)
        {
            Insert(0, new Draft("identify", i % 4 == 0 ? devices[0] : null, i % 4 == 0 ? null : userId) { Traits = Traits(random) });
        }
        for (var i = 0; i < Groups; i++) Insert(0, new Draft("group", null, userId) { GroupId = $"account-{number}-{i}-".PadRight(Lengths[i % 6], 'g') });
        foreach (var device in devices) Insert(drafts.Count / 2, new Draft("identify", device, userId));
        return [.. drafts.Select((draft, i) => draft with { Source = Sources.Shop, MessageIdCharacters = i % 5 == 0 ? Any(MessageIdLengths) : null })];

        void Insert(int from, Draft draft) => drafts.Insert(random.Next(from, drafts.Count), draft);

        int Any(int[] of) => of[random.Next(of.Length)];
    }

    // Fits into the maximum size of an event.
    private static List<(string, string)> Traits(Random random)
    {
        var traits = new Dictionary<string, string>();
        var left = 28 * 1_024;
        while (traits.Count < TraitsPerIdentify)
        {
            var size = Sizes[random.Next(Sizes.Length)];
            if ((left -= size + 40) < 0) break;
            var name = string.Create(CultureInfo.InvariantCulture, $"product_{random.Next(TraitNames)}");
            if (random.Next(20) == 0) name = $"{name} größe ".PadRight(random.Next(2) == 0 ? 126 : 127, 'e');
            traits[name] = random.Next(20) == 0 ? "null" : $"\"{new string((char)('a' + random.Next(26)), size - 2)}\"";
        }
        return [.. traits.Select(trait => (trait.Key, trait.Value))];
    }
}
