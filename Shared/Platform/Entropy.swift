/// Short random words for names that must not meet, such as two manual runs in one second.
public enum Entropy {
    public static func hex(_ digits: Int) -> String {
        var random = SystemRandomNumberGenerator()
        let alphabet = Array("0123456789abcdef")
        return String((0..<digits).map { _ in alphabet[Int.random(in: 0..<16, using: &random)] })
    }
}
