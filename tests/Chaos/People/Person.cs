namespace Cdp.Chaos.People;

/// <summary>
/// One customer's devices, each with the events that it sends in order: anonymous browsing, sometimes with an email address, then a login. Some customers share
/// a device or an address, some exceed the limits of identifiers, some had an earlier id.
/// </summary>
public sealed class Person
{
    private static readonly string[] EventNames = ["Product Viewed", "Product Added", "Order Completed", "Cart Viewed", "Coupon Entered"];
    private static readonly string[] Placeholders = ["00000000-0000-0000-0000-000000000000", "null", "anonymous", "-1"];

    private readonly List<Queue<Draft>> _devices = [];
    private readonly Random _random;
    private readonly int _number;
    private readonly string _userId;

    /// <param name="number">The number of the customer, from 0.</param>
    /// <param name="random">The population's generator.</param>
    /// <param name="shared">Devices of earlier customers, which this one may share. This customer's devices are added.</param>
    public Person(int number, Random random, List<string> shared)
    {
        // Some shops number their customers.
        (_number, _random, _userId) = (number, random, number % 7 == 3 ? $"{7_000_001 + number * 10}" : $"user-{number}");
        var devices = Chance(0.05) ? random.Next(6, 10) : random.Next(1, 4);
        for (var device = 0; device < devices; device++) _devices.Add(Device(device, shared));
        if (Chance(0.6)) _devices.Add(Server());
    }

    public bool IsDone => _devices.Count == 0;

    /// <summary>The next event of a random device.</summary>
    public Draft Next()
    {
        var at = _random.Next(_devices.Count);
        var draft = _devices[at].Dequeue();
        if (_devices[at].Count == 0) _devices.RemoveAt(at);
        return draft;
    }

    private Queue<Draft> Device(int number, List<string> shared)
    {
        var events = new Queue<Draft>();
        var anonymousId = shared.Count > 0 && Chance(0.08) ? shared[_random.Next(shared.Count)] : $"device-{_number}-{number}";
        shared.Add(anonymousId);
        if (shared.Count > 200) shared.RemoveAt(0);
        // A device without an id: the sender fills in a placeholder.
        if (Chance(0.02)) anonymousId = Placeholders[_random.Next(Placeholders.Length)];

        var browsed = _random.Next(0, 7);
        for (var i = 0; i < browsed; i++) events.Enqueue(Browse(anonymousId));
        // A newsletter sign-up before there is an account: address and device form a profile, which a login elsewhere merges into the customer's.
        if (Chance(0.3)) events.Enqueue(Identify(anonymousId, null, hasEmail: true));
        if (Chance(0.1)) return events.Count > 0 ? events : new Queue<Draft>([Track(anonymousId, null)]);

        events.Enqueue(Login(anonymousId));
        var ordered = _random.Next(2, 12);
        for (var i = 0; i < ordered; i++) events.Enqueue(Chance(0.1) ? Login(anonymousId) : Track(anonymousId, _userId));
        // Logged out without a new id, as some apps do.
        if (Chance(0.1)) events.Enqueue(Track(anonymousId, null));
        return events;
    }

    /// <summary>Events that the shop's own servers send about the customer.</summary>
    private Queue<Draft> Server()
    {
        var events = new Queue<Draft>();
        var count = _random.Next(1, 6);
        for (var i = 0; i < count; i++)
        {
            events.Enqueue(_random.Next(10) switch
            {
                0 or 1 => Group(),
                2 => new Draft("alias", null, _userId) { Source = Sources.Shop, PreviousId = Chance(0.5) ? $"lead-{_number}" : $"device-{_number}-0" },
                3 => Track(null, $"lead-{_number}", Sources.Shop),
                4 when Chance(0.4) => Merge(new Id(Id.User, $"card-{_number}")),
                5 when Chance(0.2) => Track(null, Placeholders[_random.Next(Placeholders.Length)], Sources.Shop),
                _ => Track(null, _userId, Sources.Shop),
            });
        }
        return events;
    }

    private Draft Browse(string anonymousId) => Chance(0.3) ? new Draft(Chance(0.5) ? "page" : "screen", anonymousId, null) : Track(anonymousId, null);

    private Draft Track(string? anonymousId, string? userId, string source = Sources.Web) =>
        new("track", anonymousId, userId) { Source = source, Name = EventNames[_random.Next(EventNames.Length)] };

    private Draft Merge(Id other) => new("merge", null, null) { Source = Sources.Shop, Merge = [new Id(Id.User, _userId), other] };

    private Draft Group()
    {
        var account = _random.Next(1 + _number / 20);
        return new Draft("group", null, _userId)
        {
            Source = Sources.Shop,
            GroupId = $"account-{account}",
            Traits = [("name", $"\"Account {account}\""), ("seats", $"{_random.Next(100)}")],
        };
    }

    private Draft Login(string? anonymousId) => Identify(anonymousId, _userId, Chance(0.5));

    private Draft Identify(string? anonymousId, string? userId, bool hasEmail)
    {
        var traits = new List<(string, string)> { ("plan", $"\"{(Chance(0.5) ? "free" : "pro")}\""), ("visits", $"{_random.Next(1000)}") };
        if (Chance(0.3)) traits.Add(($"t{_random.Next(8)}", Chance(0.2) ? "null" : $"[{_random.Next(9)},{{\"deep\": true}}]"));
        string? email = null, phone = null;
        if (hasEmail)
        {
            // Most customers have one address, some share a family's, some have one per shop.
            var name = _number % 17 == 0 ? $"family-{_number / 34}" : _number % 13 == 0 ? $"user-{_number}-{_random.Next(9)}" : $"user-{_number}";
            email = $"{name}@example.com";
            traits.Add(("email", Chance(0.3) ? $"\" {char.ToUpperInvariant(name[0])}{name[1..]}@Example.COM\"" : $"\"{email}\""));
        }
        if (Chance(0.3))
        {
            // Valid Austrian mobile numbers: 664 and seven digits.
            var number = $"{1_000_000 + (_number % 29 == 0 ? _number / 58 : _number + 500_000):d7}";
            phone = $"+43664{number}";
            traits.Add(("phone", Chance(0.5) ? $"\"+43 664 {number[..3]} {number[3..]}\"" : $"\"{phone}\""));
        }
        return new Draft("identify", anonymousId, userId) { Traits = traits, Email = email, Phone = phone };
    }

    private bool Chance(double probability) => _random.NextDouble() < probability;
}
