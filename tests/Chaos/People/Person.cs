namespace Cdp.Chaos.People;

/// <summary>What a person is about to send: everything but number and time.</summary>
public sealed record Draft(string Type, string? AnonymousId, string? UserId)
{
    public string? Name { get; init; }
    public string? PreviousId { get; init; }
    public string? GroupId { get; init; }
    public IReadOnlyList<(string Name, string Json)> Traits { get; init; } = [];

    /// <summary>The address that the traits hold, as it is to be kept.</summary>
    public string? Email { get; init; }

    /// <summary>The number that the traits hold, as it is to be kept.</summary>
    public string? Phone { get; init; }

    public IReadOnlyList<Id> Merge { get; init; } = [];
}

/// <summary>
/// One customer's devices, each with the events that it sends in order: browsing unknown, sometimes with an address, then logged in. Some share a device or an address with another
/// customer, some have more of them than one may have, some are known under an earlier name.
/// </summary>
public sealed class Person
{
    private static readonly string[] Products = ["Product Viewed", "Product Added", "Order Completed", "Cart Viewed", "Coupon Entered"];
    private static readonly string[] Blocked = ["00000000-0000-0000-0000-000000000000", "null", "anonymous", "-1"];

    private readonly List<Queue<Draft>> _devices = [];
    private readonly Random _random;
    private readonly int _number;
    private readonly string _userId;

    /// <param name="number">From 0.</param>
    /// <param name="random">The population's.</param>
    /// <param name="shared">Devices of earlier customers, which this one may use too; learns of this one's.</param>
    public Person(int number, Random random, List<string> shared)
    {
        (_number, _random, _userId) = (number, random, $"user-{number}");
        var devices = Chance(0.05) ? random.Next(6, 10) : random.Next(1, 4);
        for (var device = 0; device < devices; device++) _devices.Add(Device(device, shared));
        if (Chance(0.6)) _devices.Add(Server());
    }

    public bool IsDone => _devices.Count == 0;

    /// <summary>The next event of one of the devices.</summary>
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
        // A device that has no id of its own: its sender fills in what names nobody.
        if (Chance(0.02)) anonymousId = Blocked[_random.Next(Blocked.Length)];

        var browsed = _random.Next(0, 7);
        for (var i = 0; i < browsed; i++) events.Enqueue(Chance(0.3) ? new Draft(Chance(0.5) ? "page" : "screen", anonymousId, null) : Track(anonymousId, null));
        // For the newsletter, before there is an account: the address and the device are a profile, which a login elsewhere makes part of the customer's.
        if (Chance(0.3)) events.Enqueue(Identify(anonymousId, null, hasEmail: true));
        if (Chance(0.1)) return events.Count > 0 ? events : new Queue<Draft>([Track(anonymousId, null)]);

        events.Enqueue(Login(anonymousId));
        var ordered = _random.Next(2, 12);
        for (var i = 0; i < ordered; i++) events.Enqueue(Chance(0.1) ? Login(anonymousId) : Track(anonymousId, _userId));
        // Logged out without a new id, as some apps do.
        if (Chance(0.1)) events.Enqueue(Track(anonymousId, null));
        return events;
    }

    /// <summary>What the shop's own servers know of the customer.</summary>
    private Queue<Draft> Server()
    {
        var events = new Queue<Draft>();
        var count = _random.Next(1, 6);
        for (var i = 0; i < count; i++)
        {
            events.Enqueue(_random.Next(10) switch
            {
                0 or 1 => Group(),
                2 => new Draft("alias", null, _userId) { PreviousId = Chance(0.5) ? $"lead-{_number}" : $"device-{_number}-0" },
                3 => Track(null, $"lead-{_number}"),
                4 when Chance(0.4) => new Draft("merge", null, null) { Merge = [new Id(Id.User, _userId), new Id(Id.User, $"card-{_number}")] },
                5 when Chance(0.2) => Track(null, Blocked[_random.Next(Blocked.Length)]),
                _ => Track(null, _userId),
            });
        }
        return events;
    }

    private Draft Track(string? anonymousId, string? userId) => new("track", anonymousId, userId) { Name = Products[_random.Next(Products.Length)] };

    private Draft Group()
    {
        var account = _random.Next(1 + _number / 20);
        return new Draft("group", null, _userId) { GroupId = $"account-{account}", Traits = [("name", $"\"Account {account}\""), ("seats", $"{_random.Next(100)}")] };
    }

    private Draft Login(string? anonymousId) => Identify(anonymousId, _userId, Chance(0.5));

    private Draft Identify(string? anonymousId, string? userId, bool hasEmail)
    {
        var traits = new List<(string, string)> { ("plan", $"\"{(Chance(0.5) ? "free" : "pro")}\""), ("visits", $"{_random.Next(1000)}") };
        if (Chance(0.3)) traits.Add(($"t{_random.Next(8)}", Chance(0.2) ? "null" : $"[{_random.Next(9)},{{\"deep\": true}}]"));
        string? email = null, phone = null;
        if (hasEmail)
        {
            // Most have one address, some a family's, some one for every shop.
            var name = _number % 17 == 0 ? $"family-{_number / 34}" : _number % 13 == 0 ? $"user-{_number}-{_random.Next(9)}" : $"user-{_number}";
            email = $"{name}@example.com";
            traits.Add(("email", Chance(0.3) ? $"\" {char.ToUpperInvariant(name[0])}{name[1..]}@Example.COM\"" : $"\"{email}\""));
        }
        if (Chance(0.3))
        {
            // Subscriber numbers that the numbering plan of Austria has: 664 and seven digits.
            var number = $"{1_000_000 + (_number % 29 == 0 ? _number / 58 : _number + 500_000):d7}";
            phone = $"+43664{number}";
            traits.Add(("phone", Chance(0.5) ? $"\"+43 664 {number[..3]} {number[3..]}\"" : $"\"{phone}\""));
        }
        return new Draft("identify", anonymousId, userId) { Traits = traits, Email = email, Phone = phone };
    }

    private bool Chance(double probability) => _random.NextDouble() < probability;
}
